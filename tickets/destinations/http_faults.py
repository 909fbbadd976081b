"""What requests in config/destinations.yaml may not say: places that are not known, secrets where
others would read them, a look that would find another's ticket."""

import math
from collections.abc import Collection, Iterator
from typing import Any

from files.yaml_tree import Location
from tickets.destinations.field_names import KNOWN
from tickets.destinations.http_asks import Ask, LookAsk, SendAsk
from tickets.destinations.template import parse_template

Fault = tuple[Location, str]
OF_ONE_MESSAGE = ("mark", "message_id")
"""Names that are of one message alone."""
OF_ONE_TICKET = (*OF_ONE_MESSAGE, "reference", "service_request_id", "idempotency_key")
"""Names that are of one ticket alone."""


def faults_of(
    place: Location, ask: Ask, hidden: Collection[str], known: Collection[str] = KNOWN
) -> Iterator[Fault]:
    """Of one request; `hidden` are the names that its headers may have besides."""
    yield from _text_faults((*place, "url"), ask.url, known)
    for name, text in (ask.headers or {}).items():
        yield from _text_faults((*place, "headers", name), text, (*known, *hidden))
    if ask.body is None:
        return
    if ask.method == "GET":
        yield (*place, "body"), "stands with a method that has no body: write method: POST"
    elif not isinstance(ask.body, dict | list):
        yield (*place, "body"), "must be a mapping or a list, as JSON has them"
    else:
        yield from _body_faults((*place, "body"), ask.body, known)


def faults_of_sending(
    place: Location, sent: SendAsk, hidden: Collection[str], alone: Collection[str]
) -> Iterator[Fault]:
    """Of a request and its look; one of the names `alone` must be in what a row is told by."""
    yield from faults_of(place, sent, hidden)
    if sent.look is not None:
        yield from _look_faults((*place, "look"), sent.look, hidden, alone)


def _look_faults(
    place: Location, look: LookAsk, hidden: Collection[str], alone: Collection[str]
) -> Iterator[Fault]:
    yield from faults_of(place, look, hidden)
    told = False
    for at, text in look.match.items():
        faults = list(_text_faults((*place, "match", at), text, KNOWN))
        yield from faults
        told = told or bool(faults)
        told = told or any(one.name in alone for one in parse_template(text, KNOWN).places)
    if not told:
        names = " or ".join(f"{{{name}}}" for name in alone)
        yield (*place, "match"), f"must have {names}: else another's row is taken for this"


def _body_faults(place: Location, node: Any, known: Collection[str]) -> Iterator[Fault]:
    if isinstance(node, dict):
        for key, part in node.items():
            if not isinstance(key, str):
                yield (*place, key), "is no name in JSON: put it in double quotes"
            if part is None and (key in known or str(key).startswith(("secret.", "basic."))):
                yield place, f"is a mapping to YAML: put {{{key}}} in double quotes"
            yield from _body_faults((*place, key), part, known)
    elif isinstance(node, list):
        for number, part in enumerate(node):
            yield from _body_faults((*place, number), part, known)
    elif isinstance(node, str):
        yield from _text_faults(place, node, known)
    elif isinstance(node, float) and not math.isfinite(node):
        yield place, "is no number in JSON"
    elif node is not None and not isinstance(node, bool | int | float):
        yield place, "is nothing that JSON has: put it in double quotes"


def _text_faults(place: Location, text: str, known: Collection[str]) -> Iterator[Fault]:
    try:
        parse_template(text, known)
    except ValueError as error:
        yield place, str(error)
