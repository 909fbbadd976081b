"""The figures that web processes share: a disk without room costs figures, never a process."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_COUNTS = """
import os, sys
from hotline.web.numbers import share_safely
share_safely()
from prometheus_client import Counter
counter = Counter("things", "Things.", ["name"])
for number in range(8000):
    counter.labels(f"{'x' * 60} {number}").inc()
    counter.labels("first").inc()
assert counter.labels("first")._value.get() == 8000
if not os.fork():
    counter.labels("first").inc()
    assert counter.labels("first")._value.get() == 1
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""


def counted(folder: Path) -> "subprocess.CompletedProcess[str]":
    """Count a great many things in a process whose files are in `folder`."""
    return subprocess.run(
        [sys.executable, "-c", _COUNTS],
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder), "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("size", ["4k", "32k", "400k", "100m"])
def test_a_full_disk_ends_no_process(tmp_path: Path, size: str) -> None:
    """From the start, or when there come to be more; where the library's own files end in SIGBUS.

    A process that is forked counts as well.
    """
    with small_disk(tmp_path / "disk", size) as folder:
        done = counted(folder)
    assert done.returncode == 0, done.stderr


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of this size."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a disk")
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)
