"""What a supervisor hears of a role, and what the doctor sees."""

import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from host.life import Ear, Life, seen
from tests.fixtures.tickets import python_process


@pytest.fixture
def ear() -> Iterator[Ear]:
    """A supervisor's."""
    with closing(Ear()) as made:
        yield made


def test_a_sign_is_heard_once_and_only_by_who_asked_for_it(ear: Ear, tmp_path: Path) -> None:
    """Another child's signs are another's."""
    with closing(Ear()) as other, closing(Life("relay", tmp_path, ear.environment)) as life:
        assert (ear.heard(), ear.heard()) == (True, False)
        life.tell()
        life.tell()
        assert (ear.heard(), ear.heard(), other.heard()) == (True, False, False)


def test_nobody_waits_for_a_supervisor_that_does_not_listen(ear: Ear, tmp_path: Path) -> None:
    """Its buffer is full, or it is gone."""
    with closing(Life("relay", tmp_path, ear.environment)) as life:
        for _ in range(2000):
            life.tell()
        ear.close()
        life.tell()


def test_a_role_without_room_for_its_file_is_heard_all_the_same(ear: Ear, tmp_path: Path) -> None:
    """A disk that is full, or a folder that is not there to be made."""
    (tmp_path / "life").write_text("no folder")
    with closing(Life("relay", tmp_path, ear.environment)) as life:
        assert ear.heard()
        life.tell()
        assert ear.heard()
    assert list(seen(tmp_path)) == []


_LIVES = """
import sys
from pathlib import Path
from host.life import Life
life = Life("relay", Path(sys.argv[1]), {})
life.tell()
print("lives", flush=True)
sys.stdin.read()
"""


def test_the_doctor_sees_who_lives_and_how_long_ago_its_last_sign_was(tmp_path: Path) -> None:
    """Of a process that was killed nothing is seen, though its file is there until the next."""
    with python_process(_LIVES, str(tmp_path)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "lives\n"
        (found,) = seen(tmp_path)
        assert (found.role, found.pid) == ("relay", process.pid)
        assert found.ago_s < 60
        (path,) = (tmp_path / "life").iterdir()
        old = time.time() - 3600
        os.utime(path, (old, old))
        (found,) = seen(tmp_path)
        assert found.ago_s >= 3600
        process.kill()
        process.wait()
        assert path.exists()
        assert list(seen(tmp_path)) == []
    with closing(Life("worker", tmp_path, {})):
        assert not path.exists()
        assert [role.role for role in seen(tmp_path)] == ["worker"]
