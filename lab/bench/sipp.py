"""Many whole calls by SIPp. Its processor time is the callers', and is not counted."""

import csv
import shutil
import subprocess
from pathlib import Path

from lab.bench.conversation import NUMBERS
from lab.bench.house import BenchFailed, NotHere
from lab.bench.telephone import Plan, write_recording
from lab.callers.ports import CALLER_SIP, SCENARIO_MEDIA, free_port, media_range

SCENARIO = Path(__file__).with_name("report_call.xml")
_START_S = 15.0


def place_sip_calls(target: str, plan: Plan, folder: Path, *, calls: int, rate: int) -> int:
    """Place `calls` calls to host:port, `rate` new ones a second; how many went to their end.

    Needs root (SIPp sends recorded packets from raw sockets). Raises NotHere without SIPp,
    BenchFailed when it did not run.
    """
    if shutil.which("sipp") is None:
        raise NotHere("no sipp here: run `make setup`")
    folder.mkdir(parents=True)
    lasts_ms = round(plan.seconds * 1000)
    # A pause takes no keyword, and a recording is looked for beside the scenario.
    text = SCENARIO.read_text(encoding="utf-8").replace("[lasts]", str(lasts_ms))
    (folder / SCENARIO.name).write_text(text, encoding="utf-8")
    write_recording(folder / "call.pcap", plan)
    seconds = int(_START_S + 2 * calls / rate + 2 * plan.seconds)
    first, _ = media_range(SCENARIO_MEDIA, 100)
    command = ["sipp", target, "-sf", str(folder / SCENARIO.name), "-s", "940", "-i", "127.0.0.1"]
    (folder / "callers.csv").write_text("SEQUENTIAL\n" + "\n".join(NUMBERS[:calls]) + "\n")
    command += ["-inf", str(folder / "callers.csv")]
    command += ["-p", str(free_port(CALLER_SIP)), "-mp", str(first)]
    command += ["-m", str(calls), "-r", str(rate), "-l", str(calls)]
    command += ["-trace_stat", "-stf", str(folder / "counts.csv"), "-fd", "1"]
    command += ["-nostdin", "-timeout", f"{seconds}s", "-timeout_error"]
    output = folder / "output.txt"
    with output.open("wb") as file:
        subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            timeout=seconds + 10,
            check=False,
        )
    counts = folder / "counts.csv"
    if not counts.exists():
        raise BenchFailed("sipp did not run: " + output.read_text(errors="replace")[-800:])
    with counts.open(newline="") as file_of_counts:
        final = list(csv.DictReader(file_of_counts, delimiter=";"))[-1]
    return int(final["SuccessfulCall(C)"])
