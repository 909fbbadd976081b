"""Rows of the tickets that seeded calls opened: every status, service and part of the city."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

import sqlalchemy as sa
from stdnum import damm

from lab.seeding.calls import Call
from lab.seeding.plan import Plan
from store.bulk import BulkInsert
from tickets.catalogue import Service, SubMunicipality
from tickets.model import CLOSED_STATUSES, JURISDICTION, TICKET_FIELDS
from tickets.schema import tickets

_KINDS = {"open_report": "report", "open_complaint": "complaint", "open_message": "suggestion"}
_STILL_OPEN: Mapping[str, int] = {
    **{"open": 20, "for_triage": 8, "investigating": 8, "in_progress": 12, "action_scheduled": 6},
    **{"internal_referral": 3, "forwarded_external": 3, "reopen": 3},
}
_OVER: Mapping[str, int] = {
    **{"fixed": 55, "closed": 25, "duplicate": 6, "no_further_action": 5},
    **{"not_our_responsibility": 5, "cancelled": 2},
}
_SPACE, _FROM, _SCATTER = 80_000_000, 10_000_000, 29_370_101
_FOR_ALL = {"jurisdiction_id": JURISDICTION, "channel": "phone", "first_name": None}
_FOR_ALL |= {"last_name": None, "address_id": None, "parent_service_request_id": None}
_TOLD = (
    *("idempotency_key", "service_request_id", "requested_datetime", "version"),
    *("updated_datetime", "phone"),
)
_STREETS = ("شارع فلسطين", "شارع الأمير سلطان", "شارع صاري", "طريق المدينة", "شارع التحلية")
_WORKERS = (None, None, None, "huda", "omar", "sami", "reem", "fahad")
"""Who works it; most new tickets nobody yet."""
_DISTRICTS = ("الروضة", "الصفا", "السلامة", "النعيم", "البوادي", "الفيصلية", "الحمراء")


class MadeTicket(NamedTuple):
    """What of a ticket those need who write what belongs to it."""

    key: str
    reference: str
    opened: datetime
    version: int
    changed: datetime
    phone: str | None


class TicketRows:
    """Makes and writes tickets, none of them with a reference that is `taken` already."""

    def __init__(
        self,
        dialect: sa.Dialect,
        plan: Plan,
        services: Mapping[str, Service],
        areas: Iterable[SubMunicipality],
        taken: frozenset[str],
    ) -> None:
        self._names = tuple(name for name in TICKET_FIELDS if name not in _FOR_ALL)
        self._insert = BulkInsert(dialect, tickets, self._names, _FOR_ALL)
        self._rng = Random(f"tickets {plan.seed} {plan.first}")  # noqa: S311  # a seeded history
        self._plan, self._services, self._taken = plan, services, taken
        self._codes, self._areas = tuple(services), tuple(area.code for area in areas)
        self._next = plan.first + plan.seed % _SPACE

    def write(self, connection: sa.Connection, some: Sequence[Call]) -> dict[int, MadeTicket]:
        """Insert the tickets of these calls; by the place of the call that opened each."""
        made: dict[int, MadeTicket] = {}
        rows = []
        for call in some:
            row = self._row(call)
            rows.append([row[name] for name in self._names])
            made[call.place] = MadeTicket(*(row[name] for name in _TOLD))
        if rows:
            columns = dict(zip(self._names, zip(*rows, strict=True), strict=True))
            self._insert(connection, columns)
        return made

    def _reference(self) -> str:
        while True:
            digits = str(_FROM + self._next * _SCATTER % _SPACE)
            self._next += 1
            reference = f"{digits}{damm.calc_check_digit(digits)}"
            if reference not in self._taken:
                return reference

    def _row(self, call: Call) -> dict[str, Any]:
        rng, now, walk = self._rng, self._plan.now, call.walk
        kind = _KINDS.get(walk.opens, "inquiry")
        service = self._services.get(walk.service) or self._services[rng.choice(self._codes)]
        opened = call.began + timedelta(milliseconds=walk.opened_ms)
        expected = opened + timedelta(hours=service.target_hours)
        age = now - opened
        # What is past its time is mostly done, and some of it is not: that is overdue.
        over = rng.random() < (0.35 if expected > now else 0.94)
        states = _OVER if over else _STILL_OPEN
        (status,) = rng.choices(tuple(states), tuple(states.values()))
        took = age * rng.random() ** (3 if over else 1)
        changed = opened if status == "open" else opened + took
        building, postal = rng.randint(2000, 9999), rng.randint(21400, 23999)
        street, district = rng.choice(_STREETS), rng.choice(_DISTRICTS)
        address = {"building_number": f"{building}", "postal_code": f"{postal}"}
        address |= {"street": street, "district": district}
        placed = rng.random() < 0.7
        return {
            "service_request_id": self._reference(),
            "idempotency_key": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            "origin": f"call:{call.id}:{walk.turns}",
            "service_code": service.code,
            "kind": kind,
            "status": status,
            "requested_datetime": opened,
            "updated_datetime": changed,
            "status_datetime": changed,
            "expected_datetime": expected,
            "language": walk.language,
            "caller_id_withheld": call.withheld,
            "location_verified": placed and rng.random() < 0.8,
            "call_id": call.id,
            "version": 1 if changed == opened else rng.randint(2, 4),
            "phone": call.e164,
            "reported_from": call.e164 or "",
            "description": None,
            "lat": round(rng.uniform(21.35, 21.80), 6) if placed else None,
            "long": round(rng.uniform(39.10, 39.30), 6) if placed else None,
            "address_string": f"{building}, {street}, {district}, {postal}",
            "address": json.dumps(address, ensure_ascii=False),
            "location_source": "number_plate" if placed else "menu",
            "sub_municipality": rng.choice(self._areas),
            "attributes": "{}",
            "agency_responsible": json.dumps(service.departments),
            "priority": rng.choices(("normal", "high", "low"), (88, 8, 4))[0],
            "recording_ref": f"{call.id}-{walk.recording}" if walk.recording else None,
            "callback_requested": walk.opens == "open_callback",
            "satisfaction": rng.randint(1, 5)
            if status in CLOSED_STATUSES and rng.random() < 0.1
            else None,
            "external_ids": "{}",
            "assigned_to": None if status == "open" else rng.choice(_WORKERS),
        }
