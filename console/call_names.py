"""The words that people read for what records of calls say by codes."""

from collections.abc import Iterator, Mapping

from babel.support import LazyProxy
from flask_babel import lazy_gettext as _

from call_handlers.wanted import NO_CHOICE
from console import named

DISPOSITIONS: Mapping[str, LazyProxy] = {
    "answered": _("answered, whatever came of it"),
    "completed": _("completed"),
    "transferred": _("put through"),
    "abandoned": _("given up"),
    "voicemail": _("message left"),
    "blocked": _("turned away"),
    "failed": _("failed"),
    "in_progress": _("in progress"),
}
VERDICTS: Mapping[str, LazyProxy] = named.MEASURES
MEASURES = tuple(name for name in VERDICTS if name != "allow")
REASONS: Mapping[str, LazyProxy] = named.REASONS
CHOICES: Mapping[str, LazyProxy] = {
    "leave_report": _("Report"),
    "leave_complaint": _("Complaint"),
    "inquiry": _("Inquiry"),
    "find_own_tickets": _("Follow-up"),
    "agencies": _("Other agencies"),
    "operator": _("Operator"),
    "emergency": _("Emergency"),
    "change_language": _("Language"),
    "": _("nothing chosen"),
}
CHANNELS: Mapping[str, LazyProxy] = {"asterisk": _("trunk"), "twilio": _("Twilio")}
KINDS: Mapping[str, LazyProxy] = {
    "digits": _("pressed"),
    "speech": _("said"),
    "noinput": _("silence"),
    "hangup": _("hung up"),
    "effect": _("the system"),
    "transfer": _("connection"),
    "recording": _("recording"),
    "end": _("the end"),
}
SCREENED: Mapping[str, LazyProxy] = {
    "degraded": _("in part only: its store was away"),
    "emergency": _("not asked: a line kept for emergencies"),
    "away": _("not asked: no server led the call"),
}

name_of = named.named


def choices() -> Iterator[tuple[str, str]]:
    """What may have been chosen in the main menu, and its name; nothing under `none`."""
    return ((code or NO_CHOICE, str(name)) for code, name in CHOICES.items())
