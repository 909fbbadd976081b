"""A log is beside the calls: whoever logs never waits for it and never fails by it."""

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from host.log_writer import LineWriter
from tests.fixtures.unwritable import fill

SOON = 10.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the log lies."""
    return tmp_path / "log"


@pytest.fixture
def descriptor(path: Path) -> Iterator[int]:
    """A log file, opened as by a shell."""
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    yield opened
    os.close(opened)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe: where it is read, where it is written."""
    ends = os.pipe()
    yield ends
    for end in ends:
        with suppress(OSError):
            os.close(end)


def writer_on(descriptor: int, **changes: Any) -> LineWriter:
    """A writer that tells of losses in words."""
    return LineWriter(descriptor, told=lambda lost: f"lost {lost}\n", **changes)


def test_lines_are_written_in_their_order(descriptor: int, path: Path) -> None:
    """Whoever waits for them finds them all."""
    writer = writer_on(descriptor)
    for number in range(1000):
        writer.write(f"{number}\n")
    assert writer.settle(SOON)
    assert path.read_text().split() == [str(number) for number in range(1000)]


def test_lines_of_one_moment_are_written_together(pipe: tuple[int, int]) -> None:
    """One interruption for all, and never so many that another process writes between them."""
    read, write = pipe
    writer = writer_on(write)
    for number in range(3):
        writer.write(f"{number}\n")
    assert os.read(read, 65536) == b"0\n1\n2\n"
    for _ in range(9):
        writer.write("x" * 1000 + "\n")
    assert writer.settle(SOON)
    assert os.read(read, 65536).count(b"\n") == 9


def test_what_a_full_disk_did_not_take_is_told_when_it_takes_lines_again(
    descriptor: int, path: Path
) -> None:
    """Once, with how much it was; nothing is said of what came through."""
    kept, full = os.dup(descriptor), os.open("/dev/full", os.O_WRONLY)
    writer = writer_on(descriptor)
    writer.write("before\n")
    assert writer.settle(SOON)
    os.dup2(full, descriptor)
    writer.write("first\n")
    writer.write("second\n")
    assert writer.settle(SOON)
    assert writer.lost == 2
    os.dup2(kept, descriptor)
    writer.write("after\n")
    writer.write("later\n")
    assert writer.settle(SOON)
    assert path.read_text().split("\n") == ["before", "lost 2", "after", "later", ""]
    os.close(kept)
    os.close(full)


def test_a_line_that_was_cut_short_does_not_run_into_the_next(
    pipe: tuple[int, int],
) -> None:
    """A disk takes a part of a line before it is full; here it is a pipe."""
    reading, writing = pipe
    os.set_blocking(writing, False)
    fill(writing)
    os.read(reading, 4096)
    writer = writer_on(writing)
    writer.write("x" * 5000 + "\n")
    assert writer.settle(SOON)
    assert writer.lost == 1
    os.set_blocking(reading, False)
    with suppress(BlockingIOError):
        while os.read(reading, 65536):
            pass
    writer.write("after\n")
    assert writer.settle(SOON)
    assert os.read(reading, 100).decode() == "\nlost 1\nafter\n"


def test_a_reader_that_is_gone_costs_lines_alone(pipe: tuple[int, int]) -> None:
    """No exception, no signal."""
    reading, writing = pipe
    os.close(reading)
    writer = writer_on(writing)
    assert writer.write("a line\n") == 7
    assert writer.settle(SOON)
    assert writer.lost == 1


def test_a_reader_that_hangs_keeps_nobody_waiting(pipe: tuple[int, int]) -> None:
    """What waits to be written has a limit; when it is read again the losses are told."""
    reading, writing = pipe
    os.set_blocking(writing, False)
    fill(writing)
    os.set_blocking(writing, True)
    writer = writer_on(writing, most=10)
    for number in range(1000):
        writer.write(f"line {number}\n")  # the test itself would hang
    assert writer.lost >= 989
    lost = writer.lost
    told: list[str] = []

    def read() -> None:
        with os.fdopen(os.dup(reading), "rb") as lines:
            told.extend(iter(lambda: lines.readline().strip(b"\0").decode(), "last\n"))

    reader = threading.Thread(target=read)
    reader.start()
    assert writer.settle(SOON)
    writer.write("last\n")
    reader.join(SOON)
    assert [line for line in told if "lost" in line] == [f"lost {lost}\n"]
    assert len([line for line in told if "line" in line]) == 1000 - lost


def test_losses_are_counted(pipe: tuple[int, int]) -> None:
    """One by one, and a count that fails costs nothing."""
    reading, writing = pipe
    os.close(reading)
    counted: list[int] = []

    def note(lost: int) -> None:
        counted.append(lost)
        raise RuntimeError

    writer = LineWriter(writing, told=str, noted=note)
    for _ in range(3):
        writer.write("a line\n")
    assert writer.settle(SOON)
    assert sum(counted) == 3


def test_a_file_that_was_moved_away_is_followed_when_it_is_asked(
    descriptor: int, path: Path
) -> None:
    """As by logrotate and its SIGHUP; without a move nothing is opened."""
    writer = writer_on(descriptor)
    writer.write("old\n")
    assert writer.settle(SOON)
    moved = path.rename(path.with_suffix(".1"))
    writer.write("still old\n")
    assert writer.settle(SOON)
    writer.reopen()
    writer.write("new\n")
    assert writer.settle(SOON)
    writer.reopen()
    writer.write("newer\n")
    assert writer.settle(SOON)
    assert (moved.read_text(), path.read_text()) == ("old\nstill old\n", "new\nnewer\n")


def test_a_process_that_was_forked_writes_its_own_lines(descriptor: int, path: Path) -> None:
    """Its parent's thread is not in it, and its parent's lines are not its own."""
    writer = writer_on(descriptor)
    writer.write("parent\n")
    assert writer.settle(SOON)
    child = os.fork()
    if not child:
        writer.write("child\n")
        os._exit(0 if writer.settle(SOON) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert path.read_text() == "parent\nchild\n"
