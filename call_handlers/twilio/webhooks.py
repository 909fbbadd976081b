"""The webhooks: `/twilio/…`. Whatever happens here, the caller reaches the dialog or a human.

A turn is taken once: a request for a turn that is past renders the stored turn again and steps
nothing. When two processes take the same turn, the session store decides (see `CallDesk.advance`).
A request that Twilio did not sign is answered 403 with an empty body.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import structlog
from flask import Blueprint, Response, request
from structlog.contextvars import bound_contextvars

from call_handlers.arrival import Arrival
from call_handlers.turns import CallFailed
from call_handlers.twilio import metrics
from call_handlers.twilio.answers import Answers, Form, Webhooks
from call_handlers.twilio.arrival import arrival_of
from call_handlers.twilio.fields import TABLES
from call_handlers.twilio.form import MOST_BYTES
from call_handlers.twilio.human import Human
from call_handlers.twilio.signature import Gate, Refused

log = structlog.get_logger()

_LONGEST_TURN = 6


def make_blueprint(webhooks: Webhooks) -> Blueprint:
    """The routes of the webhooks."""
    blueprint = Blueprint("twilio", __name__, url_prefix="/twilio")
    human = Human(webhooks.rendering)  # made now: when it is needed, nothing may fail
    answers = Answers(webhooks, human)
    routes: tuple[tuple[str, Callable[..., str]], ...] = (
        ("voice", answers.voice),
        ("turn", answers.turn),
        ("transfer", answers.turn),
        ("wait", answers.wait),
        ("recording", answers.recording),
        ("status", answers.status),
    )
    for name, answer in routes:
        view = _view(webhooks.gate, name, answer, human)
        # Flask would answer OPTIONS by itself, signed or not.
        add = partial(
            blueprint.add_url_rule,
            view_func=view,
            methods=["POST"],
            provide_automatic_options=False,
        )
        add(f"/{name}", name)
        if name in ("turn", "transfer", "wait", "recording"):
            add(f"/{name}/<call_id>/<number>", f"{name}_of")
    return blueprint


def refused(reason: str) -> Response:
    """The answer to whatever is not let in. `reason` is ours, never the sender's words."""
    metrics.REFUSED.labels(reason).inc()
    log.warning("webhook_refused", reason=reason)
    return Response(status=403)


def _view(
    gate: Gate, name: str, answer: Callable[..., str], human: Human
) -> Callable[..., Response]:
    seconds, served = metrics.SECONDS.labels(name), metrics.WEBHOOKS.labels(name, "ok")
    failed = metrics.WEBHOOKS.labels(name, "failed")
    table = TABLES[name]

    def view(call_id: str = "", number: str = "0") -> Response:
        started = time.perf_counter()
        environ = request.environ
        try:
            form = gate.check(_raw_uri(environ), request.headers.get, _body(environ), table)
            turn = _turn(number)
        except Refused as error:
            return refused(str(error))
        arrival = arrival_of(form)
        with bound_contextvars(call_id=arrival.call_id):
            text = answered(form, arrival, call_id or arrival.call_id, turn)
        seconds.observe(time.perf_counter() - started)
        if not text:
            return Response(status=204)
        return Response(text, content_type="text/xml; charset=utf-8")

    def answered(form: Form, arrival: Arrival, call_id: str, turn: int) -> str:
        try:
            text = answer(form, arrival, call_id, turn)
        except Exception as error:  # whatever it is, the caller must not be left alone with it
            failed.inc()
            if isinstance(error, CallFailed):
                log.warning("webhook_failed", webhook=name, why=str(error))
            else:
                log.exception("webhook_failed", webhook=name)
            return human.answer(arrival) if name in _CALLS else ""
        served.inc()
        return text

    return view


_CALLS = frozenset({"voice", "turn", "transfer", "wait"})
"""Webhooks whose answer the caller hears."""


def _body(environ: Mapping[str, Any]) -> bytes:
    """The body as it came, of the length that Twilio always names; without one it counts as empty.

    Raises Refused when it is longer than any of Twilio's.
    """
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if not 0 <= length <= MOST_BYTES:
            raise Refused("the body is too long")
        return environ["wsgi.input"].read(length)  # type: ignore[no-any-return]  # bytes (PEP 3333)
    except (OSError, ValueError):
        raise Refused("the body cannot be read") from None


def _turn(number: str) -> int:
    """The turn's number. Raises Refused for what we never wrote into a URL."""
    if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST_TURN):
        raise Refused("no turn's number")
    return int(number)


def _raw_uri(environ: Mapping[str, Any]) -> str:
    """Path and query as they stood in the request line, before anybody decoded them."""
    raw: str = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
    return raw
