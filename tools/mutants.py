"""`make mutants`: change the core in thousands of small ways and see whether its tests notice.

mutmut (3) makes the changes, lua_changes.py those of scripts, room by room as mutants.toml says, in
copies of the checkout below var/mutants/. A run that was stopped goes on where it was; a later one
tries again what had lived, when a test has changed, and what is new in the code.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from lua_changes import changes

HERE = Path(__file__).parents[1]
COPIES = HERE / "var" / "mutants"
NOTICED = ("killed", "timeout", "caught by type check")
"""Which of mutmut's words mean that somebody noticed: a test, or mypy."""
_AGAIN = (0, 5, 33)
"""mutmut's numbers of what lived, and of what no test runs into."""
_AFRESH = "afresh.json"
_OF_LUA = ".changes.json"
_LOOK_S = 2.0


class Failed(Exception):
    """Nothing can be said: mutmut has ended early, or tests fail without a change."""


def main() -> int:
    """Try the rooms that are asked for, or all; 1 when too many mutants lived, 2 when it failed."""
    table = tomllib.loads((HERE / "tools" / "mutants.toml").read_text(encoding="utf-8"))
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=", ".join(table["rooms"]))
    parser.add_argument("--processes", type=int, default=table["processes"])
    parser.add_argument("--show", action="store_true", help="tell of the last run and try nothing")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    if unknown := set(asked.rooms) - set(table["rooms"]):
        parser.error(f"no such room: {', '.join(sorted(unknown))}")
    for name, room in table["rooms"].items():
        for path in (*room["files"], *(test for test in room["tests"] if test[0] != "-")):
            if not any(HERE.glob(path)):
                parser.error(f"tools/mutants.toml: {name}: there is no {path}")
    found: dict[str, dict[str, str]] = {}
    for name in asked.rooms or table["rooms"]:
        copy = COPIES / name
        if not asked.show:
            room = table["rooms"][name]
            renew(copy, settings(room["files"], room["tests"], table["untouched"]))
            try:
                tried(name, copy, asked.processes)
                tried_afresh(name, copy, room.get("afresh", {}))
                tried_in_lua(name, copy, room.get("lua", {}))
            except Failed as error:
                print(f"\n{error}", file=sys.stderr)
                return 2
        found[name] = results(copy)
        told(name, copy, found[name])
    scores = [score(results) for results in found.values()]
    everything = {name: status for results in found.values() for name, status in results.items()}
    print(f"all: {score(everything):.1f} %")
    return int(min([*scores, score(everything)]) < table["threshold"])


def renew(copy: Path, more: str) -> None:
    """Bring the copy up to the checkout; what mutmut knows of it stays as far as it holds."""
    listed = _output("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = {name for name in listed.split("\0") if name and (HERE / name).is_file()}
    for stale in _files(copy) - names:
        (copy / stale).unlink()
        (copy / "mutants" / stale).unlink(missing_ok=True)
    changed = False
    for name in sorted(names):
        text = (HERE / name).read_bytes()
        if name == "pyproject.toml":
            text += more.encode()
        there = copy / name
        if there.is_file() and there.read_bytes() == text:
            continue
        changed |= name.startswith("tests/")
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(text)
        shutil.copymode(HERE / name, there)
        (copy / "mutants" / name).unlink(missing_ok=True)
    if changed:  # what lived may not live any more, and tests may run into other functions
        for stale in ("mutmut-stats.json", _AFRESH):
            (copy / "mutants" / stale).unlink(missing_ok=True)
        for path in (copy / "mutants").rglob("*.meta"):
            _forget_survivors(path)
        for path in (copy / "mutants").rglob(f"*{_OF_LUA}"):
            known = json.loads(path.read_text())
            known["results"] = {n: s for n, s in known["results"].items() if s in NOTICED}
            path.write_text(json.dumps(known, indent=1))


def settings(files: list[str], tests: list[str], untouched: list[str]) -> str:
    """What mutmut is told, as a table of pyproject.toml."""
    rooms = sorted(path.parent.name for path in HERE.glob("*/__init__.py"))
    rooms.remove("tests")
    beside = sorted({name.split("/")[0] for name in _output("git", "ls-files").splitlines()})
    table = {
        "source_paths": rooms,
        "only_mutate": files,
        "also_copy": [name for name in beside if name not in (*rooms, "tests", "pyproject.toml")],
        "pytest_add_cli_args_test_selection": tests,
        # One database is enough here: what differs between them is no branch of these files.
        "pytest_add_cli_args": [
            *("-k", "not postgresql", "-m", "not nightly and not bench"),
            *("-p", "tools.quick_first"),
        ],
        "process_isolation": "forkserver",
        "do_not_mutate_patterns": untouched,
        "type_check_command": [
            *("mypy", *sorted({name.split("/")[0] for name in files})),
            *("--output", "json", "--disable-error-code", "unused-ignore"),
        ],
        "on_dependency_change": "ignore",
        "use_setproctitle": False,
    }
    lines = (f"{name} = {_toml(value)}" for name, value in table.items())
    return "\n".join(["\n[tool.mutmut]", *lines, ""])


def tried(name: str, copy: Path, processes: int) -> None:
    """Run mutmut in the copy, with a line of progress. Raises Failed where it does not end well."""
    command = [str(HERE / ".venv" / "bin" / "mutmut"), "run", "--max-children", str(processes)]
    environment = {**os.environ, "PATH": f"{HERE / '.venv' / 'bin'}:{os.environ['PATH']}"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with copy.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=copy, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        said = ""
        try:
            while process.poll() is None:
                said = _progress(name, copy, said)
                time.sleep(_LOOK_S)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait()
    _progress(name, copy, said)
    if process.returncode or "not checked" in results(copy).values():
        raise Failed(f"{name}: mutmut did not come to its end; see {copy.with_suffix('.log')}")


def tried_afresh(name: str, copy: Path, tests: Mapping[str, list[str]]) -> None:
    """Try once more what lived in these modules, in a process of its own.

    mutmut changes functions after their modules were imported, and knows only the tests that meet
    them in its own process. This is for what runs while a module is imported, and for what other
    processes run.
    """
    noted = copy / "mutants" / _AFRESH
    seen = set(json.loads(noted.read_text())) if noted.exists() else set()
    for module, of_module in tests.items():
        path = copy / "mutants" / f"{module.replace('.', '/')}.py.meta"
        known = json.loads(path.read_text())
        lived = [one for one, code in known["exit_code_by_key"].items() if code in _AGAIN]
        left = [one for one in lived if one not in seen]
        if left and _noticed(copy, of_module):
            raise Failed(f"{name}: the tests of {module} fail without a change")
        for mutant in left:
            print(f"{name}: {mutant}, in a process of its own", flush=True)
            if _noticed(copy, of_module, mutant):
                known["exit_code_by_key"][mutant] = 1
                path.write_text(json.dumps(known, indent=4))
            seen.add(mutant)
            noted.write_text(json.dumps(sorted(seen)))


def tried_in_lua(name: str, copy: Path, scripts: Mapping[str, list[str]]) -> None:
    """Make each change to these scripts, and run their tests in a process of their own."""
    for script, tests in scripts.items():
        whole = (HERE / script).read_text(encoding="utf-8")
        noted = copy / "mutants" / f"{script}{_OF_LUA}"
        known = json.loads(noted.read_text()) if noted.exists() else {}
        if known.get("of") != whole:
            known = {"of": whole, "results": {}}
        left = [(one, text) for one, text in changes(whole) if one not in known["results"]]
        if left and _noticed(copy, tests):
            raise Failed(f"{name}: the tests of {script} fail without a change")
        try:
            for change, text in left:
                print(f"{name}: {script}:{change}", flush=True)
                (copy / "mutants" / script).write_text(text, encoding="utf-8")
                known["results"][change] = "killed" if _noticed(copy, tests) else "survived"
                noted.write_text(json.dumps(known, indent=1))
        finally:
            (copy / "mutants" / script).write_text(whole, encoding="utf-8")


def _noticed(copy: Path, tests: list[str], mutant: str = "") -> bool:
    """Whether one of these tests fails in a new process in which this mutant is active."""
    options = ("-x", "-q", "-k", "not postgresql", "-p", "tools.quick_first")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=copy / "mutants",
        env={**os.environ, "MUTANT_UNDER_TEST": mutant},
        capture_output=True,
    )
    return done.returncode != 0


def results(copy: Path) -> dict[str, str]:
    """What came of each mutant, in mutmut's words."""
    if not (copy / "mutants").is_dir():
        return {}
    mutmut = str(HERE / ".venv" / "bin" / "mutmut")
    lines = _output(mutmut, "results", "--all", "true", cwd=copy).splitlines()
    pairs = (line.strip().rpartition(": ") for line in lines if ": " in line)
    found = {name: status for name, _, status in pairs}
    for noted in (copy / "mutants").rglob(f"*{_OF_LUA}"):
        script = str(noted.relative_to(copy / "mutants")).removesuffix(_OF_LUA)
        of_script = json.loads(noted.read_text())["results"]
        found |= {f"{script}:{change}": status for change, status in of_script.items()}
    return found


def score(results: Mapping[str, str]) -> float:
    """Per cent of the mutants that somebody noticed; 0 where nothing was tried."""
    noticed = sum(status in NOTICED for status in results.values())
    return 100 * noticed / len(results) if results else 0.0


def told(name: str, copy: Path, results: Mapping[str, str]) -> None:
    """Print the room's score and what lived."""
    counts = Counter(results.values())
    parts = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    print(f"\r{name}: {score(results):.1f} % of {len(results)} ({parts})")
    for mutant, status in results.items():
        if status not in NOTICED:
            print(f"  {status}: {mutant}")
    if counts.keys() - set(NOTICED):
        print(f"  to see one: cd {copy.relative_to(HERE)} && ../../../.venv/bin/mutmut show NAME")


def _progress(name: str, copy: Path, said: str) -> str:
    """Show how far it is, where that has changed: on a terminal in place, else every 10 %."""
    codes = [code for path in (copy / "mutants").rglob("*.meta") for code in _codes(path)]
    done = sum(code is not None for code in codes)
    lived = sum(code in _AGAIN for code in codes)
    if sys.stdout.isatty():
        line = f"\r{name}: {done} of {len(codes)} tried, {lived} live "
        print(line, end="", flush=True)
        return line
    tenth = f"{name}: {10 * (10 * done // len(codes))} %" if codes else said
    if tenth != said:
        print(tenth, flush=True)
    return tenth


def _codes(path: Path) -> list[int | None]:
    try:
        return list(json.loads(path.read_text())["exit_code_by_key"].values())
    except (OSError, ValueError):
        return []  # it is just being written


def _forget_survivors(path: Path) -> None:
    known = json.loads(path.read_text())
    codes = known["exit_code_by_key"]
    known["exit_code_by_key"] = {n: None if c in _AGAIN else c for n, c in codes.items()}
    path.write_text(json.dumps(known, indent=4))


def _files(copy: Path) -> set[str]:
    """The files of the copy, without those that mutmut and the tests have made."""
    found = (path.relative_to(copy) for path in copy.rglob("*") if path.is_file())
    made = ("mutants", "var", "__pycache__", ".mypy_cache", ".hypothesis", ".pytest_cache")
    return {str(path) for path in found if not set(made) & set(path.parts)}


def _output(*command: str, cwd: Path = HERE) -> str:
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else json.dumps(value)


if __name__ == "__main__":
    sys.exit(main())
