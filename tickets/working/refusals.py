"""Why the back office's change of a ticket is refused: a kind for each thing that can be mended."""

from collections.abc import Sequence


class ChangeRefused(ValueError):
    """The ticket stays as it is; the message says why, and nothing personal."""


class SeenAnother(ChangeRefused):
    """The ticket has another version than the one that was seen: nothing is written over unseen."""

    def __init__(self, reference: str, seen: int, version: int) -> None:
        super().__init__(
            f"{reference} was changed meanwhile: it has version {version}, and you have seen "
            f"{seen}; look at it again"
        )
        self.seen = seen
        self.version = version


class IllegalTransition(ChangeRefused):
    """This status may not follow that one; `may` are those that may."""

    def __init__(self, before: str, after: str, may: Sequence[str]) -> None:
        known = f"it may become {', '.join(may)}" if may else "nothing may follow it"
        super().__init__(f"{before} does not become {after}: {known}")
        self.before = before
        self.after = after
        self.may = tuple(may)


class CannotMerge(ChangeRefused):
    """The two tickets cannot be one; the message says why."""


class CannotReply(ChangeRefused):
    """No text message can be sent to who reported it; the message says why."""


class WrongText(ChangeRefused):
    """A note or a reply that cannot stand; the message says the mend, never the text."""


class WrongAssignment(ChangeRefused):
    """No such department, or no name of a person; the message says which."""
