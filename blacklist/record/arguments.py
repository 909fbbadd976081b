"""What the operations on the blocklist are told: names, limits and meaning, each said once.

The HTTP API checks requests by them and tells them as JSON Schema; the command makes its options of
them.
"""

import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from blacklist.entry import LONGEST_DAYS, LONGEST_NOTE
from blacklist.numbers import LONGEST_RAW
from blacklist.record.fields import LONGEST_EVIDENCE
from blacklist.record.limits import DEFAULT_DAYS
from people.person import SHORTEST_DAYS


def _plain(text: str) -> str:
    """Refuses control characters: no database takes all of them, and no reader means them."""
    if any(c not in "\n\r\t" and unicodedata.category(c) == "Cc" for c in text):
        raise ValueError("holds control characters")
    return text


Plain = AfterValidator(_plain)
Raw = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_RAW)]
Misuse = Literal[
    "harassment", "false_report", "malicious_complaint", "abuse", "silent_call", "flood"
]
Reason = Annotated[Misuse, Field(description="The misuse")]
Measure = Literal["warn", "challenge", "low_priority", "voicemail", "block"]
Text = Annotated[str, StringConstraints(max_length=LONGEST_NOTE), Plain]
Note = Annotated[Text, Field(description="What happened")]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=200), Plain]
References = Annotated[tuple[Reference, ...], Field(max_length=LONGEST_EVIDENCE)]
Days = Annotated[float, Field(ge=SHORTEST_DAYS, le=LONGEST_DAYS)]
Until = Annotated[AwareDatetime | None, Field(description="Its end instead")]


class Arguments(BaseModel):
    """What all share: unknown names are refused. Nothing is made of them until one is asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Restriction(Arguments):
    """A restriction of a number or prefix. It ends after `days` (default 7) or at `until`."""

    number: Raw
    reason: Reason
    days: Annotated[Days | None, Field(description=f"How long [default: {DEFAULT_DAYS:g}]")] = None
    until: Until = None
    note: Note = ""
    disposition: Measure = Field("block", description="What happens to their calls")


class NumberRestriction(Restriction):
    """A restriction of one number, with what it rests on."""

    calls: References = Field((), description="Evidence: the id of a call")
    recordings: References = Field((), description="Evidence: a recording")
    review_at: AwareDatetime | None = Field(None, description="When somebody looks again")


class StrikeBody(Arguments):
    """A strike."""

    reason: Reason
    threat: bool = Field(False, description="The caller threatened somebody")
    note: Note = ""
    call_id: Annotated[str, StringConstraints(max_length=100), Plain] = Field(
        "", description="The id of the call"
    )
    recording: Annotated[str, StringConstraints(max_length=200), Plain] = Field(
        "", description="The recording of the call"
    )


class AllowBody(Arguments):
    """An allowed number, without an end unless one is given."""

    days: Days | None = Field(None, description="How long [default: without an end]")
    until: Until = None
    note: Note = ""


class Why(Arguments):
    """Why, for the audit."""

    why: Text = Field("", description="Why, for the audit")


class Decision(Why):
    """Why a review is decided so."""


_Change = Annotated[int, Field(ge=1, le=2**31 - 1)]


class Undo(Arguments):
    """What is taken back: one of the three."""

    number: Raw | None = Field(None, description="The last change of this number or prefix")
    change: _Change | None = Field(None, description="The change of this number in the audit")
    batch: _Change | None = Field(None, description="The whole import to which this change belongs")
    keep_going: bool = Field(
        False, description="Of an import, leave the numbers that were changed since"
    )
    dry_run: bool = Field(False, description="Say what would be done, and do nothing")


class Refusal(Arguments):
    """Why a review is refused."""

    why: Text = Field(description="Why: it is kept, and can be told to the caller")


class Page(Arguments):
    """Which part of a list: so many items, behind the place that the page before named."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    after: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None


class Entries(Page):
    """Which entries."""

    kind: Literal["number", "prefix", "allow"] | None = Field(None, description="Only this kind")
    like: Raw | None = Field(
        None,
        description="Only numbers with this part in them, as 5512; "
        "what begins with 0 or + begins the number",
    )


class Day(Arguments):
    """How much of each list."""

    limit: Annotated[int, Field(ge=1, le=1000)] = Field(20, description="So many of each at most")


class Changes(Page):
    """Which changes; `until` is before this."""

    number: Raw | None = Field(None, description="Only those to this number or prefix")
    made_by: Annotated[str, StringConstraints(min_length=1, max_length=100), Plain] | None = Field(
        None, description="Only those that this person made, from whichever telephone"
    )
    action: Annotated[str, StringConstraints(min_length=1, max_length=32), Plain] | None = Field(
        None,
        description="Only those of this kind: added, lifted, strike, imported, undone, "
        "and others as they stand",
    )
    since: AwareDatetime | None = Field(None, description="From then on")
    until: AwareDatetime | None = Field(None, description="Before this")


class Reviews(Page):
    """Which requests: `due` are those past their deadline."""

    only: Literal["open", "due", "all"] = Field("open", description="due: past their deadline")


class ImportHow(Arguments):
    """How a file is imported."""

    form: Literal["csv", "freepbx"] = Field(
        "csv",
        description="freepbx: its blacklist, by its Bulk Handler or by `database show blacklist`",
    )
    reason: Misuse | None = Field(None, description="For rows that give none")
    days: Days | None = Field(None, description="For rows that give no end")
    dry_run: bool = Field(False, description="Check and count; write nothing")
    keep_going: bool = Field(False, description="Leave rows with errors out, write the others")
