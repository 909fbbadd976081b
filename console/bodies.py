"""What requests carry: checked by pydantic, told to others as JSON Schema."""

import unicodedata
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from blacklist.entry import LONGEST_DAYS, LONGEST_NOTE
from blacklist.numbers import LONGEST_RAW
from blacklist.record.entries import LONGEST_EVIDENCE
from people.person import SHORTEST_DAYS


def _plain(text: str) -> str:
    """Refuses control characters: no database takes all of them, and no reader means them."""
    if any(c not in "\n\r\t" and unicodedata.category(c) == "Cc" for c in text):
        raise ValueError("holds control characters")
    return text


Plain = AfterValidator(_plain)
Raw = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_RAW)]
Reason = Literal[
    "harassment", "false_report", "malicious_complaint", "abuse", "silent_call", "flood"
]
Measure = Literal["warn", "challenge", "low_priority", "voicemail", "block"]
Note = Annotated[str, StringConstraints(max_length=LONGEST_NOTE), Plain]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=200), Plain]
References = Annotated[tuple[Reference, ...], Field(max_length=LONGEST_EVIDENCE)]
Days = Annotated[float, Field(ge=SHORTEST_DAYS, le=LONGEST_DAYS)]


class Body(BaseModel):
    """What all share: unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Restriction(Body):
    """A restriction of a number or prefix. It ends after `days` (default 7) or at `until`."""

    number: Raw
    reason: Reason
    days: Days | None = None
    until: AwareDatetime | None = None
    note: Note = ""
    disposition: Measure = "block"


class NumberRestriction(Restriction):
    """A restriction of one number, with what it rests on."""

    calls: References = ()
    recordings: References = ()
    review_at: AwareDatetime | None = None


class StrikeBody(Body):
    """A strike."""

    reason: Reason
    threat: bool = False
    note: Note = ""
    call_id: Annotated[str, StringConstraints(max_length=100), Plain] = ""
    recording: Annotated[str, StringConstraints(max_length=200), Plain] = ""


class AllowBody(Body):
    """An allowed number, without an end unless one is given."""

    days: Days | None = None
    until: AwareDatetime | None = None
    note: Note = ""


class Decision(Body):
    """Why a review is decided so."""

    why: Note = ""


class Page(Body):
    """Which part of a list: so many items, behind the place that the page before named."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    after: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None


class Entries(Page):
    """Which entries."""

    kind: Literal["number", "prefix", "allow"] | None = None


class Reviews(Page):
    """Which requests: `due` are those past their deadline."""

    only: Literal["open", "due", "all"] = "open"


class Why(Body):
    """Why, for the audit."""

    why: Note = ""


class ImportHow(Body):
    """How a file is imported."""

    dry_run: bool = False
    keep_going: bool = False
    reason: Reason | None = None
    days: Days | None = None


class Problem(BaseModel):
    """What every error answers (RFC 9457). `errors` names the parts of the request that are wrong.

    `type` tells kinds of problems apart for programs, `title` for people; `detail` is of this one.
    """

    type: str
    title: str
    status: int
    detail: str
    errors: list[str] = []


class Verified(BaseModel):
    """Whether record and index agree, and every difference."""

    agree: bool
    differences: list[str]


class Rebuilt(BaseModel):
    """How much the index holds now."""

    written: int
    at: datetime
