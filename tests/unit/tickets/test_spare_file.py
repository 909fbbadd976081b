"""Spare reference numbers in a file: each is told once, whatever happens to the file."""

import os
import shutil
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.fixtures.tickets import python_process
from tickets.reference import is_spare, spare_reference
from tickets.spare_file import NoneLeft, SpareFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the numbers lie."""
    return tmp_path / "state" / "spare-references"


def filled(path: Path, count: int) -> tuple[SpareFile, list[str]]:
    """A file with so many numbers, and they."""
    file, numbers = SpareFile(path), list({spare_reference() for _ in range(count)})
    file.begin()
    file.add(numbers)
    return file, numbers


def rest(file: SpareFile) -> list[str]:
    """All that can still be taken."""
    taken = []
    while True:
        try:
            taken.append(file.take())
        except NoneLeft:
            return taken


def test_a_number_is_given_once_and_then_there_is_none(path: Path) -> None:
    """Also to whoever opens the file anew; none is told that was not reserved."""
    file, numbers = filled(path, 20)
    assert file.count() == len(numbers)
    taken = [file.take(), *rest(SpareFile(path))]
    assert sorted(taken) == sorted(numbers)
    assert file.count() == 0
    with pytest.raises(NoneLeft):
        file.take()


def test_where_nothing_was_reserved_there_is_none(path: Path) -> None:
    """And none is made by asking."""
    for ask in (SpareFile(path).take, lambda: SpareFile(path).begin() and SpareFile(path).take()):
        with pytest.raises(NoneLeft):
            ask()
    assert SpareFile(path).count() == 0


_TAKER = """
import sys
from pathlib import Path
from tickets.spare_file import NoneLeft, SpareFile
file = SpareFile(Path(sys.argv[1]))
try:
    while True:
        print(file.take(), flush=True)
except NoneLeft:
    pass
"""


def test_two_processes_and_their_threads_never_take_the_same(path: Path) -> None:
    """All at once, until there is none left."""
    file, numbers = filled(path, 400)
    with (
        python_process(_TAKER, str(path)) as one,
        python_process(_TAKER, str(path)) as other,
        ThreadPoolExecutor(4) as pool,
    ):
        mine = [number for part in pool.map(lambda _: rest(file), range(4)) for number in part]
        theirs = [one.communicate(timeout=60)[0].split(), other.communicate(timeout=60)[0].split()]
        assert (one.returncode, other.returncode) == (0, 0)
    assert sorted([*mine, *theirs[0], *theirs[1]]) == sorted(numbers)


def test_what_a_process_had_taken_that_was_killed_is_not_given_again(path: Path) -> None:
    """Wherever it was killed: between taking a number and saying it one is lost, and no more."""
    file, numbers = filled(path, 2000)
    with python_process(_TAKER, str(path)) as process:
        assert process.stdout is not None
        told = [process.stdout.readline().strip() for _ in range(50)]
        process.kill()
        told += process.stdout.read().split()
    left = rest(file)
    told = [number for number in told if is_spare(number)]
    assert not set(told) & set(left)
    assert len(left) >= len(numbers) - len(told) - 1


def cut(data: bytes) -> bytes:
    """The last line is half there."""
    return data[:-4]


def zeros(data: bytes) -> bytes:
    """The file grew, and what should stand there never came to the disk."""
    return data + bytes(25)


def strange(data: bytes) -> bytes:
    """A line is no number, another has a wrong check digit."""
    number = data[-10:-1]
    wrong = number[:-1] + str((int(number[-1:]) + 1) % 10).encode()
    return data + b"no number\n" + wrong + b"\n"


@pytest.mark.parametrize("harm", [cut, zeros, strange])
def test_what_a_power_failure_left_is_passed_over(
    path: Path, harm: Callable[[bytes], bytes]
) -> None:
    """Every whole number is given, nothing else; and more can be laid behind them."""
    _, numbers = filled(path, 10)
    path.write_bytes(harm(path.read_bytes()))
    file, more = SpareFile(path), spare_reference()
    file.add([more])
    taken = rest(file)
    assert taken[0] == more
    assert set(taken) <= {*numbers, more}
    assert len(taken) >= len(numbers)


@pytest.mark.parametrize("content", [b"", b"something else\n" * 20, b"\xff" * 500])
def test_a_file_that_is_none_of_ours_gives_nothing_and_is_made_anew(
    path: Path, content: bytes
) -> None:
    """As when there was none."""
    path.parent.mkdir()
    path.write_bytes(content)
    file = SpareFile(path)
    assert file.count() == 0
    with pytest.raises(NoneLeft):
        file.take()
    file.begin()
    file.add([number := spare_reference()])
    assert rest(file) == [number]


def test_a_copy_gives_nothing(path: Path) -> None:
    """On another machine, or from a backup: its numbers have been told since, or will be."""
    file, numbers = filled(path, 5)
    owner = file.begin()
    copy = SpareFile(path.with_name("copy"))
    shutil.copy2(path, path.with_name("copy"))
    assert copy.count() == 0
    with pytest.raises(NoneLeft):
        copy.take()
    assert copy.begin() != owner
    assert (file.begin(), file.count()) == (owner, len(numbers))


def test_only_its_owner_reads_it(path: Path) -> None:
    """Whoever reads it knows numbers of tickets that are still to come."""
    file, _ = filled(path, 3)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o664)
    file.take()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_file_is_refused(path: Path, make: Callable[[Path], object]) -> None:
    """And waited for by nobody."""
    path.parent.mkdir()
    make(path)
    for ask in (SpareFile(path).take, SpareFile(path).count, SpareFile(path).begin):
        with pytest.raises(OSError):
            ask()


def test_numbers_that_may_not_be_told_are_given_up(path: Path) -> None:
    """The others stay."""
    file, numbers = filled(path, 10)
    file.keep(numbers[:4])
    assert sorted(rest(file)) == sorted(numbers[:4])


def test_one_process_fills_at_a_time(path: Path) -> None:
    """Another leaves it to that one, and does not wait."""
    with SpareFile(path).filling() as first, SpareFile(path).filling() as second:
        assert (first, second) == (True, False)
    with SpareFile(path).filling() as third:
        assert third
