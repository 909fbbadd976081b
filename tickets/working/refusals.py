"""Why the back office's change of a ticket is refused: a kind for each thing that can be mended.

Messages are for commands and the API; a page has words of its own for each `why`.
"""

from collections.abc import Sequence
from typing import Literal

Why = Literal[
    "seen_another",
    "illegal_step",
    "unknown_status",
    "unknown_priority",
    "merge_unnamed",
    "merge_itself",
    "merge_nothing",
    "merge_duplicate",
    "merge_ended",
    "merge_circle",
    "no_gateway",
    "no_number",
    "no_mobile",
    "text_empty",
    "text_long",
    "text_control",
    "form_unknown",
    "department_count",
    "department_unknown",
    "person_name",
    "service_unknown",
    "area_unknown",
    "number_unusable",
    "place_missing",
    "plate_wrong",
    "recording_unknown",
    "needs_no_retry",
    "not_disabled",
    "disabled_already",
]


class ChangeRefused(ValueError):
    """It stays as it is; `why` and the message say why, and nothing personal."""

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why = why


class SeenAnother(ChangeRefused):
    """The ticket has another version than the one that was seen: nothing is written over unseen."""

    def __init__(self, reference: str, seen: int, version: int) -> None:
        super().__init__(
            "seen_another",
            f"{reference} was changed meanwhile: it has version {version}, and you have seen "
            f"{seen}; look at it again",
        )
        self.seen = seen
        self.version = version


class IllegalTransition(ChangeRefused):
    """This status may not follow that one; `may` are those that may."""

    def __init__(self, before: str, after: str, may: Sequence[str]) -> None:
        known = f"it may become {', '.join(may)}" if may else "nothing may follow it"
        super().__init__("illegal_step", f"{before} does not become {after}: {known}")
        self.before = before
        self.after = after
        self.may = tuple(may)


class CannotMerge(ChangeRefused):
    """The two tickets cannot be one."""


class CannotReply(ChangeRefused):
    """No text message can be sent to who reported it."""


class WrongText(ChangeRefused):
    """A note or a reply that cannot stand; the message says the mend, never the text."""


class CannotOpen(ChangeRefused):
    """What was told makes no ticket; the message says what, and never what was told."""


class WrongAssignment(ChangeRefused):
    """No such department, or no name of a person; the message says which."""
