"""Ports that are given out: never the same one to two who ask."""

import subprocess
import sys

import pytest

from lab.callers.ports import free_port

RANGE = (6330, 6339)


def test_no_port_is_given_twice_however_many_processes_ask() -> None:
    """Ten ports, two processes: none of both, and the eleventh is refused."""
    ask = (
        "from lab.callers.ports import free_port\n"
        f"print(*(free_port({RANGE}) for _ in range(5)), flush=True)\n"
        "input()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", ask], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with other:
        assert other.stdout is not None
        theirs = [int(port) for port in other.stdout.readline().split()]
        ours: list[int] = []
        with pytest.raises(OSError, match="no free port"):
            ours.extend(iter(lambda: free_port(RANGE), None))
        other.communicate("\n")
    assert len(set(theirs)) == 5
    assert not set(theirs) & set(ours)
    assert set(theirs) <= set(range(6330, 6340))
    assert free_port(RANGE) not in ours, "what a process took is free when it has ended"


def test_neighbours_are_given_together() -> None:
    """Who binds the next port too gets it; none is left for another."""
    within = (6340, 6344)
    first = free_port(within, count=2)
    given = {first, first + 1}
    assert given <= set(range(6340, 6345))
    others: list[int] = []
    with pytest.raises(OSError, match="no free port"):
        others.extend(iter(lambda: free_port(within), None))
    assert not given & set(others)
