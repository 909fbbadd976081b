"""The embedded stack knows who waits by itself: no setting is needed."""

from pathlib import Path

import pytest

from carriers.queue import QueueState
from hotline.bootstrap import Services
from hotline.doctor.serving_checks import queues
from hotline.queues import watched_queues
from hotline.setting_groups import AmiSettings, SipSettings
from hotline.settings import Settings, load_settings
from hotline.stack import stack_children
from lab.callers.ports import ASTERISK_MEDIA, CALLER_SIP, free_port, media_range
from lab.own_stack import left_alone
from tests.fixtures.asterisk import asterisk_root
from tests.fixtures.processes import free_tcp_port

pytestmark = pytest.mark.asterisk


def test_what_the_console_of_serve_is_told_lets_it_ask_the_asterisk_of_serve(
    tmp_path: Path,
) -> None:
    """Where it is, and a secret that the first of them makes for both; so can the doctor."""
    asterisk_root()
    first, last = media_range(ASTERISK_MEDIA, 40)
    (tmp_path / "sounds").mkdir()
    settings = Settings(
        state_dir=tmp_path / "state",
        sounds_dir=tmp_path / "sounds",
        ami=AmiSettings(port=free_tcp_port()),
        sip=SipSettings(port=free_port(CALLER_SIP), rtp_first=first, rtp_last=last),
    )
    children = {spec.name: spec for spec in stack_children(settings, with_asterisk=True)}
    (queue,) = watched_queues(load_settings(children["console"].env))
    with left_alone([children["asterisk"]], tmp_path):
        assert queue.queue.ask() == QueueState(0)
        queue.queue.leave()
        (check,) = queues(Services(settings))
        assert (check.passed, check.warns) == (True, False), check
    alone = {spec.name: spec for spec in stack_children(settings, with_asterisk=False)}
    assert watched_queues(load_settings(alone["console"].env)) == []
