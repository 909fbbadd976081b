"""The names of places in templates: the fields of a ticket as the wire has them, and some more."""

from collections.abc import Mapping
from types import MappingProxyType

from tickets.model import WIRE_FIELDS

MORE: Mapping[str, str] = MappingProxyType(
    {
        "reference": "as `service_request_id`",
        "mark": "`[940-989036781]`, of a later version `[940-989036781/3]`: by it we find it again",
        "version": "the version that is told of",
        "message_id": "the `idempotency_key`, of a later version with `-v3`",
        "remote_id": "the receiver's own number of the ticket; null before it is known",
        "title_ar": "service and sub-municipality in Arabic",
        "title_en": "and in English",
        "service_ar": "the service's name",
        "service_en": "and in English",
        "area_ar": "the sub-municipality's name; empty where none is known",
        "area_en": "and in English",
        "place": "where it is, on one line; empty where nobody knows",
        "text": "all that is known, in Arabic and English, with the caller's number and words",
        "added": "of a later version: how it stands, and what the caller has added, as text",
    }
)
"""Beside the fields of a ticket: what each is."""
KNOWN = tuple(dict.fromkeys((*WIRE_FIELDS, *MORE)))
"""Every name."""
