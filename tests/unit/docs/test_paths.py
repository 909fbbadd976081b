"""What the documents name is there: a reader who follows a path finds a file."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
_PAGES = sorted((ROOT / "docs").glob("*.md"))
DOCUMENTS = ("README.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in _PAGES))
_PATH = re.compile(r"`([a-z_]+(?:/[a-z0-9_.<>-]+)+/?)`")
_LINK = re.compile(r"\]\(([^)#:]+)\)")
TO_COME = frozenset(
    {"call_handlers/people_line/", "config/flows/earlier/", "config/prompts/recordings/"}
)
"""Named as what is made when it is first needed."""
OF_MACHINES = ("var/", "hotline/config", "deb/")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_and_link_of_a_document_leads_somewhere(name: str) -> None:
    """From the top of the project, links from the document's own folder."""
    text = (ROOT / name).read_text(encoding="utf-8")
    named = {path for path in _PATH.findall(text) if "<" not in path} - TO_COME
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir()}
    lost = {
        path for path in named if path.partition("/")[0] in rooms and not (ROOT / path).exists()
    }
    assert {path for path in lost if not path.startswith(OF_MACHINES)} == set()
    folder = (ROOT / name).parent
    assert [link for link in _LINK.findall(text) if not (folder / link).exists()] == []


def test_every_room_is_on_the_map_on_a_floor_and_in_the_wheel() -> None:
    """A room that is made and put nowhere would be seen by whoever likes, and not installed."""
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    floors = next(
        one["layers"] for one in settings["importlinter"]["contracts"] if one["type"] == "layers"
    )
    assert {room for floor in floors for room in floor.split(" | ")} == rooms
    assert set(settings["importlinter"]["root_packages"]) == rooms
    assert set(settings["mypy"]["files"]) == rooms | {"tests", "tools"}
    wheel = settings["hatch"]["build"]["targets"]["wheel"]["only-include"]
    assert set(wheel) == rooms | {"config"}
    table = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = [
        re.findall(r"`([a-z_]+)/`", row) for row in re.findall(r"^\| \d \| ([^|]*)\|", table, re.M)
    ]
    assert {room for row in named for room in row} == rooms
    order = [room for row in named for room in row]
    assert order == [room for floor in floors for room in floor.split(" | ")]
