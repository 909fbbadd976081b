"""`config/hours.yaml`: when the offices are open, as people write it."""

import datetime
import re
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from files.yaml_model import Document, load_yaml
from places.holidays import NONE, is_known
from places.week import DAYS, Hours, Override, Spans

_SPAN = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_WHOLE = 24 * 60


def _spans(text: str) -> Spans:
    if text.strip() == "closed":
        return ()
    found: list[tuple[int, int]] = []
    for part in re.split(r"[,،]", text):
        match = _SPAN.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"{part.strip()!r}: write 07:30-14:30, several with commas, or closed")
        begin, end = (int(match[n]) * 60 + int(match[n + 1]) for n in (1, 3))
        if begin >= _WHOLE or end > _WHOLE:
            raise ValueError(f"{part.strip()!r}: a day ends at 24:00")
        end += _WHOLE if end <= begin else 0
        if found and begin < found[-1][1]:
            raise ValueError(f"{part.strip()!r} begins before the one before it ends")
        found.append((begin, end))
    return tuple(found)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # as it raises for what is none
        raise ValueError(f"{name!r} is no time zone: write Asia/Riyadh") from None
    return name


def _country(code: str) -> str:
    if not is_known(code):
        raise ValueError(f"{code!r} is no country that is known: write SA, or {NONE}")
    return code


_Text = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200)]
_Hours = Annotated[_Text, AfterValidator(_spans)]
_Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Override(_Row):
    date: datetime.date
    to: datetime.date | None = None
    closed: StrictBool | None = None
    hours: _Hours | None = None
    name: _Text = ""


class _File(_Row):
    timezone: Annotated[_Text, AfterValidator(_zone)]
    holidays: Annotated[_Text, AfterValidator(_country)] = NONE
    week: dict[_Day, _Hours] = Field(default_factory=dict)
    overrides: list[_Override] = Field(default_factory=list)


def load_hours(path: Path) -> Hours:
    """The hours of that file; none, and so always open, where there is no such file.

    Raises FileWrong, naming file, line and key.
    """
    if not path.exists():
        return Hours()
    document = load_yaml(path, _File)
    read = document.value
    return Hours(
        ZoneInfo(read.timezone),
        {DAYS.index(day): spans for day, spans in read.week.items()},  # type: ignore[misc]  # pydantic has made spans of the text
        read.holidays,
        tuple(_override(document, place, row) for place, row in enumerate(read.overrides)),
    )


def _override(document: Document[_File], place: int, row: _Override) -> Override:
    if row.to is not None and row.to < row.date:
        raise document.fail(("overrides", place, "to"), "lies before date: exchange the two")
    if (row.closed is None) == (row.hours is None):
        mend = "write one of `closed: true`, `closed: false` (the hours of the week) and `hours:`"
        raise document.fail(("overrides", place), mend)
    spans: Spans | None = () if row.closed else row.hours  # type: ignore[assignment]  # as above
    return Override(row.date, row.to or row.date, spans, row.name)
