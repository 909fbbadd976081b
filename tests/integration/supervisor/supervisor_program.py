"""A supervisor for the tests, as a process: `supervisor_program.py FOLDER [stubborn]`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from embedded.child import ChildSpec
from embedded.supervisor import Supervisor

folder = Path(sys.argv[1])
program = str(Path(__file__).with_name("child_program.py"))


def spec(name: str, stage: int) -> ChildSpec:
    """Describe a child; a stubborn one is given a minute that nobody waits for."""
    argv = (sys.executable, program, str(folder), name, *sys.argv[2:])
    return ChildSpec(name=name, argv=argv, stop_stage=stage, stop_seconds=60.0)


children = [spec("one", 9), spec("two", 0)]
sys.exit(Supervisor(children, log_dir=folder / "log").run())
