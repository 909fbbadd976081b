"""What processes of one state folder say of themselves."""

import os
import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from host.word import Word, words
from tests.fixtures.tickets import REPOSITORY

_SAYS = """
import sys
from pathlib import Path
from host.word import Word
Word("agi", Path(sys.argv[1])).say(port=sys.argv[2])
print("said", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="numbers of processes of its own are root's to give")
def test_roles_of_two_containers_have_the_same_number_and_a_word_each(tmp_path: Path) -> None:
    """Each container's first process is number 1; none of them is to be signalled from here."""
    alone = ("unshare", "--pid", "--fork", sys.executable, "-c", _SAYS, str(tmp_path))
    with ExitStack() as stack:
        for port in ("4573", "4574"):
            process = stack.enter_context(
                subprocess.Popen(
                    [*alone, port],
                    cwd=REPOSITORY,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            assert process.stdout is not None
            assert process.stdout.readline() == "said\n"
        stack.enter_context(closing(word := Word("agi", tmp_path)))
        word.say(port="own")
        said = sorted((one.pid, one.here, one.what["port"]) for one in words(tmp_path))
    assert said == [(1, False, "4573"), (1, False, "4574"), (os.getpid(), True, "own")]
