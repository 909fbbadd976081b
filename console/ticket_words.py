"""What people read for the codes of work on tickets: why not, what was done, how it went out."""

from collections.abc import Mapping

from babel.support import LazyProxy
from flask_babel import lazy_gettext as _

from tickets.working.refusals import Why

REFUSED: Mapping[Why, LazyProxy] = {
    "seen_another": _(
        "Somebody has changed this ticket since you opened it. Nothing was written over: look at "
        "it as it is now, and try again."
    ),
    "illegal_step": _("This status may not follow the one that the ticket has."),
    "unknown_status": _("There is no such status."),
    "unknown_priority": _("There is no such priority."),
    "merge_unnamed": _("A duplicate names the ticket that it repeats: give its number below."),
    "merge_itself": _("A ticket does not repeat itself: give another number."),
    "merge_nothing": _("There is no ticket of this number."),
    "merge_duplicate": _("That ticket is a duplicate itself: give the number that it repeats."),
    "merge_ended": _("That ticket has ended, and nobody would work this one: open it again first."),
    "merge_circle": _("That ticket belongs to this one: merge it the other way round."),
    "no_gateway": _("No gateway for text messages is set up."),
    "no_number": _("Whoever reported it has left no number."),
    "no_mobile": _("The number of whoever reported it takes no text messages."),
    "text_empty": _("The text is empty."),
    "text_long": _("The text is too long."),
    "text_control": _("The text holds characters that cannot be shown: remove them."),
    "form_unknown": _("The form is not whole: open the page again."),
    "department_count": _("A ticket is the matter of one department at least, and ten at most."),
    "department_unknown": _("There is no such department."),
    "person_name": _("There is no such person."),
    "service_unknown": _("There is no such service: choose one of the list."),
    "area_unknown": _("There is no such sub-municipality."),
    "number_unusable": _("The number to call back is none that can be dialled."),
    "place_missing": _(
        "A report has a place: the number plate, the sub-municipality, or the place in words."
    ),
    "plate_wrong": _("A plate has a building number of four digits and a postal code of five."),
    "recording_unknown": _("There is no such recording in this call."),
    "needs_no_retry": _("This delivery is on its way or has come: it needs no retry."),
    "not_disabled": _("This destination is not disabled."),
    "disabled_already": _("This destination was disabled already."),
}
FIELDS: Mapping[str, LazyProxy] = {
    "status": _("Status"),
    "priority": _("Priority"),
    "agency_responsible": _("Departments"),
    "assigned_to": _("Worked by"),
    "expected_datetime": _("Expected by"),
    "parent_service_request_id": _("Belongs to"),
}
STATES: Mapping[str, LazyProxy] = {
    "pending": _("waiting"),
    "sent": _("sent, no answer yet"),
    "failed": _("failed, is tried again"),
    "acknowledged": _("taken"),
    "accepted": _("accepted, not settled"),
    "dead": _("abandoned"),
}
EVENTS: Mapping[str, LazyProxy] = {
    "ticket.opened": _("opened"),
    "ticket.updated": _("changed"),
    "ticket.replied": _("reply"),
    "recording.drafted": _("draft of a recording"),
}
OUTCOMES: Mapping[str, LazyProxy] = {
    **{name: STATES[name] for name in ("acknowledged", "accepted", "dead")},
    "failed": _("did not succeed"),
    "unsure": _("no answer: it may have come"),
}
HEALTH: Mapping[str, LazyProxy] = {
    "well": _("does well"),
    "ill": _("fails"),
    "left alone": _("left alone for a while"),
    "disabled": _("disabled"),
}


def event_name(event: str) -> str:
    """What a delivery tells."""
    return str(EVENTS.get(event.partition(":")[0], event))


def named(words: Mapping[str, LazyProxy], code: str | None) -> str:
    """The words for a code; the code where there are none."""
    return str(words.get(code or "", code or ""))
