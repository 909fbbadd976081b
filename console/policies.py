"""The policy's file, as the console writes it: tried first, whole or not at all, and in the audit.

What was tried is known by a sum over its text in the reader's session, with the sum of the file
that it was tried against: what nobody has looked at is not switched on.
"""

import difflib
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from blacklist.policy import Policy
from blacklist.policy_load import PolicyWrong, load_policy
from console.house import House
from files.written import Owned, replace_file
from people.audit import note_change
from people.person import Person

NAME = "screening.yaml"
_MOST_LINES = 200
"""Changed lines that the audit repeats."""


class Overtaken(Exception):
    """The file is not any more what the policy was compared with."""


def written(house: House) -> str:
    """The policy as its file has it now. Raises OSError."""
    return house.policy_file.read_text(encoding="utf-8")


def as_lines(typed: str) -> str:
    """What a browser has sent, as a file has it: lines end alike, and the last one too."""
    return typed.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"


def sum_of(text: str) -> str:
    """What tells one text from another."""
    return hashlib.sha256(text.encode()).hexdigest()


def checked(text: str) -> Policy:
    """The policy that is written there. Raises PolicyWrong, each fault with its line."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        path.write_text(text, encoding="utf-8")
        try:
            return load_policy(path)
        except PolicyWrong as error:
            raise PolicyWrong(str(error).replace(f"{folder}/", "")) from None
        except ValueError as error:
            raise PolicyWrong(f"{NAME}: {error}") from None


def can_write(house: House) -> bool:
    """Whether this process may put another file in the place of the policy's."""
    return os.access(_place(house).parent, os.W_OK | os.X_OK)


def write(
    house: House, text: str, new: Policy, by: Person, figures: Mapping[str, Any], *, against: str
) -> None:
    """Put `text` in the place of the file, for its owner and mode, with a line of the audit.

    `figures` are what was shown of it, `against` is the sum of the file that it was compared with.
    Raises Overtaken, OSError and SQLAlchemyError: then neither is there.
    """
    path = _place(house)
    there = path.stat()
    group, mode = Owned(os.geteuid(), there.st_gid), there.st_mode & 0o777
    with _alone(path.parent):
        before = written(house)
        if sum_of(before) != against:
            raise Overtaken
        diff = [*difflib.unified_diff(before.splitlines(), text.splitlines(), lineterm="", n=0)][2:]
        told = {
            "before": {"version": house.register.policy.version, "sum": sum_of(before)[:16]},
            "after": {"version": new.version, "sum": sum_of(text)[:16]},
            "lines": diff[:_MOST_LINES],
            **figures,
        }
        kept = path.read_bytes()
        try:
            with house.engine.begin() as connection:
                note_change(connection, by, "policy_changed", "policy", house.now(), **told)
                replace_file(path, text.encode(), group, mode)
        except SQLAlchemyError:
            if path.read_bytes() != kept:  # the audit has lost its line after that
                replace_file(path, kept, group, mode)
            raise


def _place(house: House) -> Path:
    """Where the file is: a link to it stays one."""
    return house.policy_file.resolve()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """While no other console writes there. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
