"""Run a program that does not outlive its parent: `tied.py PARENT SIGNAL PROGRAM…`.

The kernel sends SIGNAL when the parent ends in any way (prctl(2), PR_SET_PDEATHSIG). It is done
in a fresh process and not between fork and exec, where a program with threads can lock itself up.
Where there is no prctl the program simply runs.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to its parent and become the program."""
    parent, number = int(sys.argv[1]), int(sys.argv[2])
    prctl = getattr(ctypes.CDLL(None, use_errno=True), "prctl", None)
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:  # it ended before we were tied to it
            sys.exit(1)
    try:
        os.execvp(sys.argv[3], sys.argv[3:])  # noqa: S606  # no shell is meant
    except OSError as error:
        sys.exit(f"{sys.argv[3]}: {error.strerror}")


if __name__ == "__main__":
    main()
