"""Where a check is silenced, or whatever is raised is caught, the same line says why."""

import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CODE = sorted(
    path
    for room in (*(one.parent for one in ROOT.glob("*/__init__.py")), ROOT / "tools", ROOT / "docs")
    for path in (ROOT / room).rglob("*.py")
)
_SILENCES = re.compile(
    r"#\s*(type: ignore|noqa)(\[[a-z-]+(, ?[a-z-]+)*\]|: [A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)*)"
)
_CATCHES_ALL = re.compile(r"except( \(?(Base)?Exception\b[^#]*)?:")
_WHY = re.compile(r"\s*(#|-) \w.*\w")


def unexplained(source: str) -> list[int]:
    """The lines that silence something and do not say why; a bare silence says nothing at all."""
    lines = source.splitlines()
    comments = {
        token.start[0]: token.string
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    found = []
    for number, line in enumerate(lines, start=1):
        comment = comments.get(number, "")
        code = line.removesuffix(comment).strip()
        silence = _SILENCES.match(comment)
        if silence or re.match(r"#\s*(type: ignore|noqa)", comment):
            if not silence or not _WHY.match(comment[silence.end() :]):
                found.append(number)
        elif _CATCHES_ALL.fullmatch(code) and not _WHY.match(comment):
            found.append(number)
    return found


def test_all_code_is_looked_at() -> None:
    """Of every room, of the tests and of the tools."""
    names = {path.relative_to(ROOT).parts[0] for path in CODE}
    assert {"call_handlers", "hotline", "lab", "tests", "tools", "docs"} <= names


def test_what_is_silenced_says_why() -> None:
    """Whoever reads the line need not guess whether it is still right."""
    found = {path: unexplained(path.read_text(encoding="utf-8")) for path in CODE}
    silent = [f"{path.relative_to(ROOT)}:{line}" for path, lines in found.items() for line in lines]
    assert silent == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("x = f()  # type: ignore[misc]", False),
        ("x = f()  # type: ignore", False),
        ("x = f()  # noqa", False),
        ("x = f()  # noqa: S606", False),
        ("x = f()  # type: ignore[misc]  # it has no types", True),
        ("x = f()  # noqa: S606 - our own command", True),
        ("x = '# noqa: S606'", True),
        ("try:\n    f()\nexcept Exception:\n    pass", False),
        ("try:\n    f()\nexcept (Exception, KeyError) as error:\n    pass", False),
        ("try:\n    f()\nexcept:\n    pass", False),
        ("try:\n    f()\nexcept BaseException as error:  # told by the test\n    pass", True),
        ("try:\n    f()\nexcept ValueError:\n    pass", True),
    ],
)
def test_a_reason_is_told_from_none(line: str, says: bool) -> None:
    """By the line itself; what is only a text silences nothing."""
    assert (unexplained(line) == []) is says
