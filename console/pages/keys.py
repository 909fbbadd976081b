"""`/keys`: tokens of the HTTP API, and PINs of the telephone codes; shown once, ended at once."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from console.access import may, needs, person
from console.faults import REFUSALS, told
from console.house import House
from people.person import DECIDING, ROLES, NothingThere
from people.pins import list_pins, revoke_pin, set_pin
from people.tokens import create_token, list_tokens, revoke_token
from store.sql import reading


def blueprint(house: House) -> Blueprint:
    """Both lists, and what is done about them."""
    made = Blueprint("keys", __name__)

    def page(status: int = 200, **told_of: Any) -> Response:
        with reading(house.engine) as connection:
            tokens = list_tokens(connection)
            pins = list_pins(connection) if may("pins.read") else []
        known: dict[str, Any] = {"fault": "", "token": "", "keyed": ""}
        text = render_template(
            "pages/keys.html",
            tokens=tokens,
            pins=pins,
            now=house.now(),
            token_roles=ROLES,
            pin_roles=DECIDING,
            **(known | told_of),
        )
        return Response(text, status=status)

    def given() -> dict[str, Any]:
        days = request.form.get("days", type=float)
        name, role = request.form.get("name", "").strip(), request.form.get("role", "")
        return {"name": name, "role": role, "days": -1.0 if days is None else days}

    @made.get("/keys")
    @needs("tokens.read")
    def show() -> Response:
        return page()

    @made.post("/keys/tokens")
    @needs("tokens.change")
    def make_token() -> Response:
        try:
            scopes = request.form.get("scopes", "").split()
            text, _token = create_token(
                house.engine, **given(), by=person(), now=house.now(), scopes=scopes
            )
        except REFUSALS as error:
            return page(422, fault=told(error))
        return page(token=text)

    @made.post("/keys/tokens/<token>/end")
    @needs("tokens.change")
    def end_token(token: str) -> AnyResponse:
        if not revoke_token(house.engine, token, by=person(), now=house.now()):
            raise NothingThere("no such token is in force")
        flash(_("The token is ended."), "success")
        return redirect(url_for("keys.show"))

    @made.post("/keys/pins")
    @needs("pins.change")
    def make_pin() -> Response:
        try:
            keyed, _pin = set_pin(house.engine, **given(), by=person(), now=house.now())
        except REFUSALS as error:
            return page(422, fault=told(error))
        return page(keyed=keyed)

    @made.post("/keys/pins/<pin>/end")
    @needs("pins.change")
    def end_pin(pin: str) -> AnyResponse:
        if not revoke_pin(house.engine, pin, by=person(), now=house.now()):
            raise NothingThere("no such PIN is in force")
        flash(_("The PIN is ended."), "success")
        return redirect(url_for("keys.show"))

    return made
