"""A look at files with Asterisk's eyes: as the user it runs as, in the tree that it sees as /.

Run as a program of its own (`python -m embedded.asterisk.look`), because becoming another user is
for good: the question comes as JSON on standard input, the answer goes to standard output. Root may
ask for any user, everybody else for themselves.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from embedded.asterisk.places import Owner

NO_ENTRY = "may not enter "
"""How a reason begins that names the folder on the way which refuses."""
_LOOK_S = 30.0


class CannotLook(Exception):
    """Only root can be another user."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What Asterisk may not do, by path with the reason; and what lies in the listed folders."""

    refused: dict[str, str]
    listed: dict[str, list[str]]


def look(
    root: Path,
    owner: Owner,
    *,
    read: Sequence[str] = (),
    list_: Sequence[str] = (),
    write: Sequence[str] = (),
) -> Seen:
    """Try to read files, list folders, and write a file into folders. Raises CannotLook, OSError.

    Paths are as Asterisk sees them.
    """
    if os.geteuid() not in (0, owner.user):
        raise CannotLook(f"only root can look as the user {owner.name}")
    question = {
        "root": str(root),
        "user": owner.user,
        "group": owner.group,
        "groups": _groups(root, owner),
        "read": list(read),
        "list": list(list_),
        "write": list(write),
    }
    done = subprocess.run(
        [sys.executable, "-m", "embedded.asterisk.look"],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        timeout=_LOOK_S,
        check=False,
    )
    if done.returncode != 0:
        raise OSError(f"looking as {owner.name} failed: {done.stderr.strip()[-200:]}")
    answer = json.loads(done.stdout)
    return Seen(answer["refused"], answer["listed"])


def _groups(root: Path, owner: Owner) -> list[int]:
    """The numbers of the groups that name the user, by the tree's own etc/group."""
    try:
        lines = (root / "etc/group").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    rows = [[*line.split(":"), "", "", ""] for line in lines]
    return [int(row[2]) for row in rows if row[2].isdigit() and owner.name in row[3].split(",")]


def _become(root: str, user: int, group: int, groups: list[int]) -> str:
    """Become that user; what stands before each path from now on."""
    if os.geteuid() != 0:
        return "" if root == "/" else root
    if root != "/":
        os.chroot(root)
    os.chdir("/")
    os.setgroups([group, *groups])
    os.setgid(group)
    os.setuid(user)
    return ""


def _why(path: str, error: OSError) -> str:
    """Which folder on the way refuses, where one does."""
    for folder in (*reversed(Path(path).parents), Path(path)):
        if not folder.is_dir():
            break
        if not os.access(folder, os.X_OK):
            return f"{NO_ENTRY}{folder}"
    return (error.strerror or type(error).__name__).lower()


def _main() -> None:
    asked = json.load(sys.stdin)
    before = _become(asked["root"], asked["user"], asked["group"], asked["groups"])
    refused: dict[str, str] = {}
    listed: dict[str, list[str]] = {}
    for path in asked["read"]:
        try:
            with Path(before + path).open("rb") as file:
                file.read(1)
        except OSError as error:
            refused[path] = _why(before + path, error)
    for path in asked["list"]:
        try:
            listed[path] = sorted(one.name for one in Path(before + path).iterdir())
        except OSError as error:
            refused[path] = _why(before + path, error)
    for path in asked["write"]:
        try:
            with tempfile.NamedTemporaryFile(dir=before + path, prefix=".look-") as file:
                file.write(b".")
        except OSError as error:
            refused[path] = _why(before + path, error)
    json.dump({"refused": refused, "listed": listed}, sys.stdout)


if __name__ == "__main__":
    _main()
