"""Installing Asterisk: what is found, and what is said when it cannot be had."""

import os
from pathlib import Path

import pytest

from embedded.asterisk.install import (
    AsteriskRoot,
    AsteriskUnavailable,
    cache_folder,
    find_asterisk,
    install_asterisk,
)
from embedded.asterisk.instance import AsteriskInstance
from embedded.asterisk.sounds import lay_sounds

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="installing needs root")


def test_the_cache_can_be_put_elsewhere(tmp_path: Path) -> None:
    """HOTLINE_CACHE_DIR, else the user's own cache."""
    assert cache_folder({"HOTLINE_CACHE_DIR": str(tmp_path)}) == tmp_path
    assert cache_folder({}) == Path.home() / ".cache" / "hotline940"


def test_nothing_is_found_in_an_empty_cache(tmp_path: Path) -> None:
    """A folder without the program is no Asterisk."""
    (tmp_path / "asterisk-sid").mkdir()
    assert find_asterisk(tmp_path) is None


@root_only
def test_a_missing_debootstrap_is_named_with_its_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message is a command that can be typed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AsteriskUnavailable, match="apt-get install debootstrap"):
        install_asterisk(lambda _: None, tmp_path)


@root_only
@pytest.mark.skipif(not Path("/etc/debian_version").exists(), reason="needs Debian")
def test_an_installation_that_fails_leaves_nothing_that_looks_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network goes away in the middle of debootstrap."""
    tools = tmp_path / "tools"
    tools.mkdir()
    broken = tools / "debootstrap"
    broken.write_text(
        '#!/bin/sh\nmkdir -p "$3/usr/sbin"\ntouch "$3/usr/sbin/asterisk"\necho no network\nexit 1\n'
    )
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    told: list[str] = []
    cache = tmp_path / "cache"
    with pytest.raises(AsteriskUnavailable, match="no network"):
        install_asterisk(told.append, cache)
    assert told
    assert find_asterisk(cache) is None
    assert [path.name for path in cache.iterdir()] == ["asterisk-sid.lock"]


def test_the_root_knows_the_machine_by_name(tmp_path: Path) -> None:
    """Without its own name in etc/hosts PJSIP asks a DNS server inside every call."""
    (tmp_path / "etc").mkdir()
    AsteriskRoot(tmp_path).name_this_machine()
    assert os.uname().nodename in (tmp_path / "etc/hosts").read_text().split()


def test_sounds_are_laid_once_and_replaced_when_they_change(tmp_path: Path) -> None:
    """Quick the second time; a new recording under an old name is seen."""
    source, folder = tmp_path / "source", tmp_path / "folder"
    (source / "ar").mkdir(parents=True)
    (source / "ar" / "one.wav").write_bytes(b"one")
    private = source / "two.wav"
    private.write_bytes(b"two")
    private.chmod(0o600)
    assert lay_sounds(source, folder) == 2
    assert lay_sounds(source, folder) == 0
    assert (folder / "two.wav").stat().st_mode & 0o004
    (source / "ar" / "one.wav").unlink()
    (source / "ar" / "one.wav").write_bytes(b"another")
    assert lay_sounds(source, folder) == 1
    assert (folder / "ar" / "one.wav").read_bytes() == b"another"
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == [
        "one.wav",
        "two.wav",
    ]


def test_a_prompt_that_comes_while_asterisk_runs_is_brought_to_it(tmp_path: Path) -> None:
    """Servers tell Asterisk to play what lies on the disk now: it must have it too."""
    source, root = tmp_path / "source", AsteriskRoot(tmp_path / "root")
    (source / "ar").mkdir(parents=True)
    instance = AsteriskInstance(
        root, "t", config=tmp_path, sip_port=1, rtp_range=(2, 3), sounds_source=source
    )
    laid = instance.places.outside(instance.sounds_inside)
    assert instance.refresh_sounds() == 0
    (source / "ar" / "one.wav").write_bytes(b"one")
    (source / "ar" / ".two.part").write_bytes(b"half of t")
    assert instance.refresh_sounds() == 1
    assert (laid / "ar" / "one.wav").read_bytes() == b"one"
    (source / "ar" / "three.wav").write_bytes(b"three")
    for folder in (source, source / "ar"):  # as a copy leaves them that keeps times
        os.utime(folder, (1_000_000_000, 1_000_000_000))
    assert instance.refresh_sounds() == 1
    (laid / "ar" / "one.wav").unlink()
    assert instance.refresh_sounds() == 0, "nothing has changed for long: no file is looked at"
