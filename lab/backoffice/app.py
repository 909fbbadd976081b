"""The HTTP side: `POST /tickets` for signed webhooks, `GET /tickets` to see what came."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, Response, jsonify, request
from sqlalchemy.exc import SQLAlchemyError
from standardwebhooks import Webhook, WebhookVerificationError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from console.api.json_body import NotJson, read_json
from lab.backoffice.store import BackofficeStore, OtherTicketHasReference
from tickets.model import UPDATED
from tickets.spoken import DRAFTED

log = structlog.get_logger()

MAX_BODY_BYTES = 262_144
_MOST_LISTED = 1000


class Refused(Exception):
    """A push that is not taken: its HTTP status, a code for programs, a sentence for people.

    `about` names the ticket, where it is that which is refused: no other would be.
    """

    def __init__(self, status: int, error: str, message: str, **about: str) -> None:
        super().__init__(message)
        self.status, self.error, self.message, self.about = status, error, message, about


def create_backoffice(db_path: Path, secrets: Callable[[], Sequence[str]]) -> Flask:
    """The receiver, with its file at `db_path`.

    `secrets` gives those whose signatures are taken: the current one, and during a change the
    previous one too. Raises ValueError when there is none or one is not base64.
    """
    if not [Webhook(secret) for secret in secrets()]:
        raise ValueError("the back office needs at least one webhook secret")
    store = BackofficeStore(db_path)
    app = Flask("lab.backoffice")
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.extensions["backoffice_store"] = store

    @app.post("/tickets")
    def receive() -> tuple[Response, int]:
        body = request.get_data(cache=False)
        _verify(secrets(), body, dict(request.headers))
        message_id = request.headers["webhook-id"]
        event, data = _envelope(body, message_id)
        if event == DRAFTED:
            return _drafted(store, message_id, data)
        try:
            ticket, new = store.receive(event, data)
        except OtherTicketHasReference:
            raise Refused(
                409,
                "reference_taken",
                "another ticket has this service_request_id",
                idempotency_key=data["idempotency_key"],
            ) from None
        log.info("ticket_received", reference=ticket.service_request_id, new=new, id=ticket.id)
        answer = {
            "id": ticket.id,
            "service_request_id": ticket.service_request_id,
            "idempotency_key": ticket.idempotency_key,
            "created": new,
        }
        return jsonify(answer), 201 if new else 200

    @app.get("/tickets")
    def listing() -> Response:
        if since := request.args.get("since"):  # as `hotline deliveries reconcile` asks it
            return jsonify([ticket.as_json() for ticket in store.since(_moment(since))])
        limit = request.args.get("limit", default=100, type=int)
        tickets = store.newest(max(1, min(limit, _MOST_LISTED)))
        return jsonify([ticket.as_json() for ticket in tickets])

    @app.get("/tickets/<reference>")
    def one(reference: str) -> Response:
        ticket = store.find(reference)
        if ticket is None:
            raise Refused(404, "not_found", "no ticket has this reference number")
        return jsonify(ticket.as_json())

    @app.get("/healthz")
    def healthz() -> Response:
        store.check()
        return jsonify({"status": "ok"})

    app.register_error_handler(Refused, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(SQLAlchemyError, _database_away)
    return app


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(400, "no_moment", "since must be a moment, as 2026-11-24T09:00Z") from None
    return moment.astimezone(UTC)


def _verify(secrets: Sequence[str], body: bytes, headers: Mapping[str, str]) -> None:
    """Standard Webhooks signature and time-stamp (five minutes either way), any of our secrets."""
    for secret in secrets:
        try:
            Webhook(secret).verify(body, dict(headers), json_parse=False)
        except (WebhookVerificationError, ValueError):
            # ValueError: what is not base64, not UTF-8, or has no comma where one belongs.
            continue
        return
    raise Refused(
        401,
        "signature_refused",
        "webhook-id, webhook-timestamp and webhook-signature do not vouch for this body now",
    )


def _envelope(body: bytes, webhook_id: str) -> tuple[str, dict[str, Any]]:
    try:
        envelope = read_json(body)
    except NotJson as error:
        raise Refused(400, "not_json", f"the body {error}") from None
    event = envelope.get("type") if isinstance(envelope, dict) else None
    data = envelope.get("data") if isinstance(envelope, dict) else None
    if not isinstance(event, str) or not isinstance(data, dict):
        raise Refused(400, "no_envelope", "the body must be an object with type and data")
    for name in ("idempotency_key", "service_request_id"):
        value = data.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= 64:
            raise Refused(400, "field_missing", f"data.{name} must be a text of 1 to 64 letters")
    if event == DRAFTED:
        if not isinstance(data.get("recording_ref"), str) or "machine_draft" not in data:
            raise Refused(400, "field_missing", "a draft has recording_ref and machine_draft")
    elif data["idempotency_key"] != webhook_id and event != UPDATED:
        raise Refused(400, "key_differs", "data.idempotency_key is not the webhook-id")
    return event, data


def _drafted(store: BackofficeStore, message_id: str, data: dict[str, Any]) -> tuple[Response, int]:
    """A machine's draft: kept beside its ticket, and asked for again while there is none."""
    if not store.receive_draft(message_id, data):
        raise Refused(404, "ticket_not_here", "no ticket has this idempotency_key yet")
    log.info("draft_received", reference=data["service_request_id"])
    return jsonify({"id": message_id}), 200


def _refused(error: Refused) -> tuple[Response, int]:
    log.warning("push_refused", error=error.error, status=error.status)
    return jsonify({"error": error.error, "message": error.message, **error.about}), error.status


def _http_error(error: HTTPException) -> tuple[Response, int]:
    status = error.code or 500
    message = error.description or error.name
    if isinstance(error, RequestEntityTooLarge):
        message = f"the body is larger than {MAX_BODY_BYTES} bytes"
    code = error.name.lower().replace(" ", "_")
    return jsonify({"error": code, "message": message}), status


def _database_away(error: SQLAlchemyError) -> tuple[Response, int]:
    log.error("backoffice_database_away", error=type(error).__name__)
    return jsonify({"error": "database_away", "message": "try again later"}), 503
