"""What the kernel says of another process: processor time and memory."""

import os
import time
from pathlib import Path

_CPUCLOCK_SCHED = 2
_KB = 1024


def cpu_seconds(pid: int) -> float:
    """Processor time of the process since its start, all its threads, user and system (s).

    By the kernel's clock of that process, to the nanosecond (clock_getcpuclockid(3) with the same
    formula as the C library's), else by /proc/PID/stat, to the hundredth of a second. Raises
    OSError when the process is not there.
    """
    try:
        return time.clock_gettime((~pid << 3) | _CPUCLOCK_SCHED)
    except OSError:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_bytes(pid: int) -> int:
    """Resident memory (VmRSS), pages shared with other processes counted in full."""
    return _field(Path(f"/proc/{pid}/status"), "VmRSS")


def pss_bytes(pid: int) -> int:
    """Proportional memory (PSS): shared pages are divided among those who share them.

    0 where the kernel does not tell.
    """
    try:
        return _field(Path(f"/proc/{pid}/smaps_rollup"), "Pss")
    except OSError:
        return 0


def _field(file: Path, name: str) -> int:
    for line in file.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * _KB
    return 0
