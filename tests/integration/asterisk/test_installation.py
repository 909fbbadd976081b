"""`hotline asterisk install`: from an Asterisk as its package leaves it to a call that is led."""

import json
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agi_scripts.scripts import make_scripts
from agi_scripts.server import FastAgiServer
from embedded.asterisk.install import AsteriskRoot
from files.written import MANIFEST
from hotline.bootstrap import Services
from hotline.doctor.asterisk_checks import asterisk_checks
from hotline.doctor.check import Check
from hotline.main import cli
from hotline.settings import Settings, load_settings
from ivr.turn import Prompt
from lab.callers.baresip import SipCaller
from lab.callers.listening import Listener
from lab.callers.ports import ASTERISK_MEDIA, CALLER_SIP, free_port, media_range
from store.migrations import upgrade
from tests.fixtures.asterisk_tree import asterisk_tree, edit, lean_tree, log_of, started
from tests.fixtures.processes import free_tcp_port
from tests.integration.asterisk.test_dialplan import wait_tone

pytestmark = pytest.mark.asterisk

SOUNDS, RECORDINGS = "/srv/hotline/p", "/srv/hotline/recordings"
MUSIC_HZ = 392


@pytest.fixture
def tree(tmp_path_factory: pytest.TempPathFactory) -> AsteriskRoot:
    """What the command looks at of an Asterisk, as its package leaves it."""
    folder = tmp_path_factory.mktemp("tree")
    folder.chmod(0o755)  # for Asterisk it is /
    return lean_tree(folder)


def settings_for(folder: Path, **more: str) -> Settings:
    """What the environment of a server says after an installation."""
    told = {"HOTLINE_AGI__SOUNDS_PREFIX": SOUNDS, "HOTLINE_AGI__RECORDINGS_PREFIX": RECORDINGS}
    return load_settings(
        {"HOTLINE_STATE_DIR": str(folder), "HOME": os.environ["HOME"], **told, **more}
    )


def installed(tree: AsteriskRoot, folder: Path, *words: str, **settings: str) -> Result:
    """The command as it is typed by a careful root."""
    before = os.umask(0o077)
    try:
        return CliRunner().invoke(
            cli,
            ["asterisk", "install", "--to", str(tree.folder), *words],
            obj=settings_for(folder, **settings),
        )
    finally:
        os.umask(before)


def looked(tree: AsteriskRoot, folder: Path) -> dict[str, Check]:
    """What a look from Asterisk's side tells, by name."""
    services = Services(settings_for(folder))
    return {check.name: check for check in asterisk_checks(services, tree.folder)}


@contextmanager
def served(settings: Settings, port: int) -> Iterator[Services]:
    """One FastAGI server that leads calls, as `hotline agi` makes it."""
    services = Services(settings)
    with ExitStack() as stack:
        stack.callback(services.close)
        upgrade(services.engine())
        agi = settings.agi
        sounds = services.sounds(agi.sounds_prefix)
        scripts = make_scripts(services.desk, sounds, recordings=agi.recordings_prefix)
        server = FastAgiServer("127.0.0.1", port, scripts)
        server.start()
        stack.callback(server.stop)
        yield services


def test_one_command_makes_an_asterisk_that_leads_a_call_and_is_never_silent(
    redis_url: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Prompts are heard, then music in the queue; only ports are edited, as several share these."""
    with asterisk_tree() as tree:
        result = installed(tree, tmp_path)
        assert result.exit_code == 0, result.output
        etc = tree.folder / "etc/asterisk"
        sip, agi = free_port(CALLER_SIP), free_tcp_port()
        first, last = media_range(ASTERISK_MEDIA, 40)
        edit(etc / "hotline_transport.conf", ":5060", f":{sip}")
        edit(etc / "hotline_globals.conf", ":4573", f":{agi}")
        edit(
            etc / "rtp.conf", "rtpstart = 10000\nrtpend = 11999", f"rtpstart={first}\nrtpend={last}"
        )
        with ExitStack() as stack:
            stack.enter_context(started(tree))
            assert "ERROR" not in log_of(tree)
            services = stack.enter_context(served(settings_for(tmp_path, REDIS_URL=redis_url), agi))
            caller = stack.enter_context(
                SipCaller(
                    tmp_path_factory.mktemp("tel"), f"127.0.0.1:{sip}", number="+966501234567"
                )
            )
            listener = Listener(lambda: caller.heard, lambda: caller.closed is not None)
            stack.callback(listener.close)
            caller.dial()
            caller.wait_established()
            welcome = services.catalogue.speak("ar", Prompt("welcome"))
            folder = services.settings.sounds
            heard = listener.expect([folder / f"{piece.audio}.wav" for piece in welcome[:1]])
            heard.wait_begun(0, 20)
            caller.press("10")  # Arabic, then an operator; nobody there has a telephone
            wait_tone(caller, MUSIC_HZ)
            caller.hang_up()
            assert "Unable to open" not in log_of(tree)
            checks = looked(tree, tmp_path)
            # A first installation: who answers, and where the second server is, are to be said.
            to_say = {"dialplan globals", "fastagi AGI_B"}
            assert {name for name, check in checks.items() if not check.passed} == to_say, checks
            assert "as user asterisk" in checks["asterisk reads prompts"].found


def test_a_second_run_finds_all_as_it_should_be(tree: AsteriskRoot, tmp_path: Path) -> None:
    """Idempotent; and it says so."""
    assert installed(tree, tmp_path).exit_code == 0
    again = installed(tree, tmp_path, "--json")
    told = json.loads(again.stdout)
    assert (again.exit_code, told["changed"]) == (0, False)
    assert {one["what"] for one in told["files"]} == {"same"}
    assert "all was as it should be" in installed(tree, tmp_path).stdout


def test_what_was_there_before_is_kept_and_other_files_are_not_touched(
    tree: AsteriskRoot, tmp_path: Path
) -> None:
    """Debian's extensions.conf stays beside ours; its sip_notify.conf is none of our business."""
    etc = tree.folder / "etc/asterisk"
    before = {path: path.read_bytes() for path in etc.iterdir() if path.is_file()}
    result = installed(tree, tmp_path)
    assert "extensions.conf, which is kept as extensions.conf.before-hotline" in result.stdout
    ours = json.loads((etc / MANIFEST).read_text())["files"]
    for path, content in before.items():
        kept = path if path.name not in ours else path.with_name(f"{path.name}.before-hotline")
        if kept.exists() or path.name not in ours:
            assert kept.read_bytes() == content
        else:
            assert path.read_bytes() == content


def test_what_an_admin_edited_is_never_overwritten(tree: AsteriskRoot, tmp_path: Path) -> None:
    """The site's files are left; another file of ours is renewed, and the edited one kept."""
    installed(tree, tmp_path)
    etc = tree.folder / "etc/asterisk"
    for name in ("globals", "trunk", "transport", "operators", "inside"):
        with (etc / f"hotline_{name}.conf").open("a") as file:
            file.write("; ours\n")
    edit(etc / "rtp.conf", "11999", "10999")
    edit(etc / "queues.conf", "retry = 1", "retry = 2")
    told = {
        one["name"]: one for one in json.loads(installed(tree, tmp_path, "--json").stdout)["files"]
    }
    for name in ("globals", "trunk", "transport", "operators", "inside"):
        assert told[f"hotline_{name}.conf"]["what"] == "yours"
        assert (etc / f"hotline_{name}.conf").read_text().endswith("; ours\n")
    assert told["rtp.conf"]["what"] == "yours"
    assert told["queues.conf"]["what"] == "replaced"
    assert "retry = 2" in (etc / told["queues.conf"]["copy"]).read_text()


def test_the_manager_interface_is_open_where_a_setting_says_so(
    tree: AsteriskRoot, tmp_path: Path
) -> None:
    """For Asterisk's user alone, with a secret that is kept; shut again without the setting."""
    conf = tree.folder / "etc/asterisk/hotline_manager.conf"
    installed(tree, tmp_path)
    assert "enabled = no" in conf.read_text()
    opened = installed(tree, tmp_path, HOTLINE_AMI__HOSTS="10.0.0.7,127.0.0.1:5039")
    secret = (tmp_path / "ami.secret").read_text()
    found = conf.read_text()
    assert all(line in found for line in ("enabled = yes", "port = 5039", f"secret = {secret}"))
    assert stat.S_IMODE(conf.stat().st_mode) & stat.S_IRWXO == 0
    assert stat.S_IMODE((tmp_path / "ami.secret").stat().st_mode) == 0o600
    assert secret not in opened.output
    installed(tree, tmp_path, HOTLINE_AMI__HOSTS="127.0.0.1", HOTLINE_AMI__SECRET="another" * 4)
    assert f"secret = {'another' * 4}" in conf.read_text()
    edit(conf, "bindaddr = 127.0.0.1", "bindaddr = 10.0.0.7")
    installed(tree, tmp_path, HOTLINE_AMI__HOSTS="127.0.0.1")
    assert "bindaddr = 10.0.0.7" in conf.read_text()
    conf.unlink()
    installed(tree, tmp_path)
    assert "enabled = no" in conf.read_text()


def test_the_systemname_is_the_hosts_and_stays(tree: AsteriskRoot, tmp_path: Path) -> None:
    """A later run without one keeps the name: calls would be parted from their records."""
    conf = tree.folder / "etc/asterisk/asterisk.conf"
    installed(tree, tmp_path)
    assert f"systemname = {socket.gethostname()}" in conf.read_text()
    installed(tree, tmp_path, "--systemname", "north")
    installed(tree, tmp_path)
    assert "systemname = north" in conf.read_text()
    assert looked(tree, tmp_path)["asterisk systemname"].passed


@pytest.mark.parametrize("words", [["--systemname", "a b"], ["--user", "nobody-here"]])
def test_wrong_words_are_status_two(tree: AsteriskRoot, tmp_path: Path, words: list[str]) -> None:
    """And nothing has been installed."""
    result = installed(tree, tmp_path, *words)
    assert result.exit_code == 2
    assert not (tree.folder / "etc/asterisk" / MANIFEST).exists()


def test_a_tree_that_is_not_there_is_status_two(tmp_path: Path) -> None:
    """With the mend."""
    gone = AsteriskRoot(tmp_path / "gone")
    result = installed(gone, tmp_path)
    assert result.exit_code == 2
    assert "no such folder" in result.stderr


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("srv/hotline", "asterisk reads prompts"),
        ("srv/hotline/p/ar", "asterisk reads prompts"),
        ("srv/hotline/moh", "asterisk reads music"),
        ("srv/hotline/recordings", "asterisk writes recordings"),
    ],
)
def test_a_folder_that_asterisk_may_not_enter_is_told_by_its_path_and_mended(
    tree: AsteriskRoot, tmp_path: Path, folder: str, name: str
) -> None:
    """Root's alone: we see all, and Asterisk nothing; the command that is named opens it."""
    installed(tree, tmp_path)
    closed = tree.folder / folder
    os.chown(closed, 0, 0)
    closed.chmod(0o700)
    check = looked(tree, tmp_path)[name]
    assert not check.passed
    assert "user asterisk cannot" in check.found
    assert f"may not enter /{folder}" in check.found
    assert check.mend == f"run `hotline asterisk install --to {tree.folder}`"
    installed(tree, tmp_path)
    assert looked(tree, tmp_path)[name].passed


def test_an_empty_music_folder_is_told(tree: AsteriskRoot, tmp_path: Path) -> None:
    """So is one that holds nothing which our modules can play."""
    installed(tree, tmp_path)
    music = tree.folder / "srv/hotline/moh"
    (music / "chime.wav").rename(music / "chime.mp3")
    assert not looked(tree, tmp_path)["asterisk reads music"].passed
    installed(tree, tmp_path)
    assert looked(tree, tmp_path)["asterisk reads music"].passed


def test_doctor_looks_from_asterisks_side_when_asked(tree: AsteriskRoot, tmp_path: Path) -> None:
    """After everything else; what fails there is its exit status too."""
    words = ["doctor", "--asterisk", str(tree.folder), "--json"]
    result = CliRunner().invoke(cli, words, obj=settings_for(tmp_path))
    rows = {row["name"]: row for row in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert not rows["asterisk reads prompts"]["passed"]
    assert "settings" in rows


def test_a_freepbx_is_left_alone(tree: AsteriskRoot, tmp_path: Path) -> None:
    """It would overwrite what we lay, and we what it has."""
    (tree.folder / "etc/freepbx.conf").write_text("<?php\n")
    before = sorted((tree.folder / "etc").rglob("*"))
    result = installed(tree, tmp_path)
    assert result.exit_code == 2
    assert "docs/freepbx.md" in result.output
    assert sorted((tree.folder / "etc").rglob("*")) == before
