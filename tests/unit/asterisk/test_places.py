"""Where an Asterisk's files are in the tree that it sees as /."""

from pathlib import Path

import pytest

from embedded.asterisk.places import Places


@pytest.mark.parametrize(
    ("links", "inside", "found"),
    [
        ({}, "/etc/asterisk", "etc/asterisk"),
        ({"var/run": "/run"}, "/var/run/asterisk", "run/asterisk"),
        ({"var/run": "../run"}, "/var/run/asterisk", "run/asterisk"),
        (
            {"srv/hotline": "/data/hotline", "data": "/mnt/disk"},
            "/srv/hotline/p",
            "mnt/disk/hotline/p",
        ),
        ({"etc/asterisk": "../../../outside"}, "/etc/asterisk/x.conf", "outside/x.conf"),
    ],
)
def test_a_link_leads_within_the_tree(
    tmp_path: Path, links: dict[str, str], inside: str, found: str
) -> None:
    """What it leads to in our own tree is none of Asterisk's, and may be closed to us."""
    for name, target in links.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).symlink_to(target)
    assert Places(tmp_path).outside(inside) == tmp_path / found


def test_links_in_a_circle_are_told(tmp_path: Path) -> None:
    """And are no endless walk."""
    (tmp_path / "a").symlink_to("/b")
    (tmp_path / "b").symlink_to("/a")
    with pytest.raises(OSError, match="symbolic links"):
        Places(tmp_path).outside("/a/x")
