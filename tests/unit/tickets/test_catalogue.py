"""The catalogue files: complete as shipped, and errors that name file, line and key."""

from pathlib import Path

import pytest

from files.yaml_model import FileWrong
from tests.fixtures.counting import counted_calls
from tickets.catalogue import (
    Department,
    load_agencies,
    load_departments,
    load_groups,
    load_services,
    load_sub_municipalities,
)

CONFIG = Path(__file__).parents[3] / "config"


def test_the_shipped_catalogue_has_five_services_in_each_of_five_groups() -> None:
    """All that a caller can reach by two digits is there, once."""
    services = load_services(CONFIG / "services.yaml")
    groups = load_groups(CONFIG / "services.yaml")
    assert sorted(groups) == ["1", "2", "3", "4", "5"]
    paths = sorted(service.path for service in services.values())
    assert paths == [f"{group}.{digit}" for group in "12345" for digit in "12345"]


def test_a_shipped_service_is_as_the_city_names_it() -> None:
    """Names, hours and departments come through unchanged."""
    service = load_services(CONFIG / "services.yaml")["BD_DANGER"]
    assert (service.path, service.group, service.target_hours) == ("4.5", "4", 4)
    assert service.name_ar == "مبنى آيل للسقوط"
    assert service.name_en == "Dangerous building"
    assert service.departments == ("buildings", "civil_defence")


def test_the_shipped_places_and_agencies_load() -> None:
    """Eleven sub-municipalities, and every agency by its short number."""
    assert len(load_sub_municipalities(CONFIG / "sub_municipalities.yaml")) == 11
    numbers = {a.number for a in load_agencies(CONFIG / "agencies.yaml").values()}
    assert numbers == {"911", "993", "994", "996", "997", "998", "999"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"1.1"', "1.1", "services.0.path: must be text: put it in double quotes"),
        ("target_hours: 24", "target_hours: -1", "services.0.target_hours"),
        ("code: CLN_BIN", "code: CLN_WASTE", "services.1.code: CLN_WASTE stands twice"),
        ('"1.2"', '"1.1"', "services.1.path: 1.1 stands twice"),
        ("    code: CLN_BIN\n", "", "services.1.code: is missing"),
        ("code: CLN_BIN", "code: CLN_BIN\n    code: X", "duplicate key"),
        ("code: CLN_BIN", "code: CLN_BIN\n    colour: X", "services.1.colour: is not known here"),
        ('"2.1"', '"9.1"', "services.5.path: has no group '9'"),
        ("groups:", "groups: [", "expected"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_key(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    """Whoever edits the catalogue finds the mistake without reading a program."""
    text = (CONFIG / "services.yaml").read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "services.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FileWrong) as caught:
        load_services(file)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{file}:")
    line = int(str(caught.value).removeprefix(f"{file}:").split(":")[0])
    place = text[: text.index(old)].count("\n") + 1
    assert place - 2 <= line <= place + 2


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"", b"[1, 2]"])
def test_a_file_that_cannot_be_read_is_told_as_such(tmp_path: Path, content: bytes | None) -> None:
    """A missing, binary, empty or shapeless file is a catalogue error, not a traceback."""
    file = tmp_path / "services.yaml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(FileWrong, match=r"services\.yaml"):
        load_services(file)


@pytest.mark.parametrize(
    "text", ["[" * 20_000, "- " * 20_000, "? " * 20_000, "{a: " * 5_000], ids="[-?{"
)
def test_what_is_nested_without_end_is_told_with_its_line(tmp_path: Path, text: str) -> None:
    """At once, and before the parser takes all of the stack."""
    path = tmp_path / "services.yaml"
    path.write_text(f"groups: []\nservices:\n  {text}", encoding="utf-8")
    with (
        counted_calls() as counted,
        pytest.raises(FileWrong, match=r"services\.yaml:3: is nested more than 50 deep"),
    ):
        load_services(path)
    assert counted.calls < 50_000


def test_departments_have_names_and_others_are_called_by_their_codes(tmp_path: Path) -> None:
    """A file of an earlier release names none; whoever works in one is offered it all the same."""
    text = (CONFIG / "services.yaml").read_text(encoding="utf-8")
    named = load_departments(CONFIG / "services.yaml")
    assert named["storm_drainage"].name_en == "Storm drainage"
    services = load_services(CONFIG / "services.yaml").values()
    assert set(named) >= {code for one in services for code in one.departments}
    assert all(one.name_ar != one.code for one in named.values())
    begins, ends = text.index("departments:\n"), text.index("services:\n")
    path = tmp_path / "services.yaml"
    path.write_text(text[:begins] + text[ends:], encoding="utf-8")
    assert load_departments(path)["roads"] == Department("roads", "roads", "roads")
    path.write_text(
        text.replace("code: parks\n    name", "code: roads\n    name"), encoding="utf-8"
    )
    with pytest.raises(FileWrong, match="roads stands twice"):
        load_departments(path)
