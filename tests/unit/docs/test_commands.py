"""Every command that a page names is there, with the options that it is given there."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from hotline.main import cli

ROOT = Path(__file__).parents[3]
PAGES = ("README.md", *(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/*.md")))
_SPANS = re.compile(r"```sh\n(.*?)```|(?<!`)`([^`]+)`", re.DOTALL)
_PROGRAM = re.compile(r"(?:^|[;&|(]\s*|\s)(?:\.venv/bin/)?hotline ([^;&|)#\n]*)", re.MULTILINE)


def named(page: str) -> Iterator[list[str]]:
    """The words after `hotline`, wherever the page writes it as code."""
    for block, span in _SPANS.findall((ROOT / page).read_text(encoding="utf-8")):
        text = (block or span.replace("\n", " ")).replace("\\\n", " ").replace("…", "")
        for words in _PROGRAM.findall(text):
            yield shlex.split(words)


def fault(words: list[str]) -> str:
    """What is wrong with these words, "" for nothing."""
    context = click.Context(cli, info_name="hotline")
    command: click.Command = cli
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        found = command.get_command(context, name)
        if found is None:
            return f"no command {name}"
        command = found
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    known |= {"--help", "-h"}
    for word in rest:
        name = word.partition("=")[0]
        if name.startswith("--") and name not in known:
            return f"{command.name} has no {name}"
    return ""


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_commands_that_are_there(page: str) -> None:
    """Groups, commands and options; `a|b` and `a | b` are read as far as the first."""
    wrong = {" ".join(words): told for words in named(page) if (told := fault(words))}
    assert wrong == {}


def test_commands_are_found_in_pages() -> None:
    """The reader above can tell."""
    found = [" ".join(words) for words in named("docs/operations.md")]
    assert "init /srv/940" in found
    assert "doctor --role agi --role web --role worker --role relay" in found
    assert fault(["blacklist", "lost"]) == "no command lost"
    assert fault(["doctor", "--rule", "agi"]) == "doctor has no --rule"
