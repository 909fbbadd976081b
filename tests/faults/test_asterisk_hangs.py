"""An Asterisk that hangs answers nobody: the supervisor ends it and starts it again."""

from dataclasses import replace
from pathlib import Path

import pytest

from embedded.supervisor import Supervisor
from hotline.probes import sip_answers
from hotline.setting_groups import SipSettings
from hotline.settings import Settings
from hotline.stack import stack_children
from lab.callers.ports import ASTERISK_MEDIA, CALLER_SIP, free_port, media_range
from tests.fixtures.asterisk import asterisk_root
from tests.fixtures.processes import alive, descendants, hang, wait_until
from tests.fixtures.whole_stack import READY_S

pytestmark = [pytest.mark.asterisk, pytest.mark.nightly]


def test_an_asterisk_that_answers_no_sip_is_started_again(tmp_path: Path, sounds: Path) -> None:
    """Its role lives, and waits for it: only what callers would ask tells."""
    asterisk_root()
    first, last = media_range(ASTERISK_MEDIA, 100)
    sip = SipSettings(port=free_port(CALLER_SIP), rtp_first=first, rtp_last=last)
    settings = Settings(state_dir=tmp_path / "state", sounds_dir=sounds, sip=sip)
    children = {spec.name: spec for spec in stack_children(settings, with_asterisk=True)}
    spec = replace(children["asterisk"], probe_seconds=0.5, hung_seconds=5.0, ready_seconds=READY_S)
    with Supervisor([spec], log_dir=tmp_path / "log").running() as supervisor:
        child = supervisor.children["asterisk"]
        role = child.pid
        assert role is not None
        hung = next(pid for pid in descendants(role) if _program(pid) == "asterisk")
        hang(hung)
        wait_until(lambda: child.restarts == 1, 60, "it is ended")
        wait_until(lambda: _answers(sip.host, sip.port), READY_S, "another one answers")
        assert not alive(hung)


def _program(pid: int) -> str:
    return (Path("/proc") / str(pid) / "comm").read_text().strip()


def _answers(host: str, port: int) -> bool:
    try:
        return sip_answers(host, port)
    except OSError:
        return False
