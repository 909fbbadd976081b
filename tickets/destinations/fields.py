"""What templates may say of a ticket: the value of each name in `field_names.py`."""

from typing import Any

from tickets.destination import Message
from tickets.destinations.field_names import KNOWN
from tickets.destinations.mail.told import Names
from tickets.destinations.mark import mark_of
from tickets.destinations.plain import added_of, place_of, text_of, title_of
from tickets.model import to_wire


def values_of(message: Message, names: Names) -> dict[str, Any]:
    """The value of each: text, number, list or mapping, as JSON has them; None: not known."""
    ticket = message.ticket
    area = ticket.sub_municipality
    more: dict[str, Any] = {
        "reference": ticket.service_request_id,
        "mark": mark_of(message),
        "version": message.version,
        "message_id": message.id,
        "remote_id": message.remote_id,
        "place": place_of(message, names),
        "text": text_of(message, names, personal=True),
        "added": added_of(message, names),
    }
    for language in ("ar", "en"):
        more[f"title_{language}"] = title_of(message, names, language)
        more[f"service_{language}"] = names.service(ticket.service_code, language)
        more[f"area_{language}"] = names.area(area, language) if area else ""
    return dict.fromkeys(KNOWN) | to_wire(ticket) | more
