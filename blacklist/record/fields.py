"""The fields of the record: entries, strikes, requests for review. Tables and rows follow them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from blacklist import ladder
from blacklist.entry import Entry
from blacklist.verdict import DISPOSITIONS, Disposition
from store.fields import Kept

Kind = Literal["number", "prefix", "allow"]
Source = Literal["person", "strikes", "import"]
_KINDS = frozenset(get_args(Kind))
LONGEST_EVIDENCE = 50


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a decision rests on: ids of calls, and references of recordings (never audio)."""

    calls: tuple[str, ...] = ()
    recordings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for kind, items in (("calls", self.calls), ("recordings", self.recordings)):
            if len(items) > LONGEST_EVIDENCE:
                raise ValueError(f"evidence: at most {LONGEST_EVIDENCE} {kind}")
            for item in items:
                if not 0 < len(item) <= 200 or not item.isprintable():
                    raise ValueError(f"evidence: an item of {kind} has 1 to 200 characters")


@dataclass(frozen=True, slots=True)
class RecordedEntry:
    """One entry, in force or ended.

    `subject` is a number (E.164), or the first digits of it. `until` is None only for an allowed
    number. Of a prefix, `approved_by` is None until the second person agrees, and `replay` says
    what it would have done. `ended_why` is replaced, lifted, review or undone.
    """

    id: Annotated[str, Kept(32, key=True)]
    kind: Annotated[Kind, Kept(8)]
    subject: Annotated[str, Kept(16)]
    disposition: Annotated[Disposition, Kept(16)]
    reason: Annotated[str, Kept(32)]
    note: Annotated[str, Kept(500)]
    calls: tuple[str, ...]
    recordings: tuple[str, ...]
    source: Annotated[Source, Kept(16)]
    who: Annotated[str, Kept(100)]
    approved_by: Annotated[str | None, Kept(100)]
    replay: dict[str, Any]
    added_at: datetime
    until: datetime | None
    review_at: datetime | None
    ended_at: datetime | None
    ended_why: Annotated[str, Kept(16)]

    @property
    def understood(self) -> bool:
        """Whether this release knows what it says; another may have written it."""
        return is_understood(self.kind, self.disposition, self.until)

    @property
    def in_effect(self) -> bool:
        """Whether it may act: a prefix only once a second person agreed."""
        return self.ended_at is None and (self.kind != "prefix" or self.approved_by is not None)

    def as_measure(self) -> ladder.Measure:
        """What the index is told of a prefix."""
        assert self.until is not None
        return ladder.Measure(self.disposition, self.reason, self.until, self.id)

    def as_entry(self) -> Entry:
        """What the index is told of a number. Only for kind `number`, which always has an end."""
        assert self.until is not None
        return Entry(
            number=self.subject,
            reason=self.reason,
            until=self.until,
            added=self.added_at,
            who=self.who,
            note=self.note,
            disposition=self.disposition,
        )


def is_understood(kind: str, disposition: str, until: datetime | None) -> bool:
    """Whether this release knows such an entry."""
    ends = until is not None or kind == "allow"
    return ends and kind in _KINDS and disposition in DISPOSITIONS


@dataclass(frozen=True, slots=True)
class NotedStrike:
    """One strike as it stands in the record. `operator` is a name of the audit."""

    id: Annotated[str, Kept(32, key=True)]
    number: Annotated[str, Kept(16)]
    operator: Annotated[str, Kept(100)]
    role: Annotated[str, Kept(16)]
    at: Annotated[datetime, Kept(index=True)]
    reason: Annotated[str, Kept(32)]
    threat: bool
    note: Annotated[str, Kept(500)]
    call_id: Annotated[str, Kept(100)]
    recording: Annotated[str, Kept(200)]
    served: Annotated[int, Kept(earlier="0")]
    lifted_at: datetime | None

    def for_ladder(self) -> ladder.Strike:
        """What the ladder counts."""
        role = self.role  # one of the roles: it was checked when the strike was written
        return ladder.Strike(self.at, self.operator, self.reason, role, self.served)  # type: ignore[arg-type]  # see role


@dataclass(frozen=True, slots=True)
class Review:
    """One request. `recording_ref` is where the caller's words are kept, never audio."""

    id: Annotated[int, Kept(key=True)]
    number: Annotated[str, Kept(16)]
    call_id: Annotated[str, Kept(100)]
    recording_ref: Annotated[str, Kept(200)]
    opened_at: datetime
    due_at: datetime
    state: Annotated[Literal["open", "accepted", "refused"], Kept(16)]
    decided_at: datetime | None
    decided_by: Annotated[str | None, Kept(100)]
    why: Annotated[str, Kept(500)]
