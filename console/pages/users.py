"""`/users`: who signs in, with which role; new accounts and their links."""

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from console.access import needs, person
from console.faults import told
from console.house import House
from people import accounts, invitations
from people.fields import Account
from people.person import ACCOUNT_ROLES, Person, Role
from store.sql import reading


def blueprint(house: House) -> Blueprint:
    """The accounts."""
    made = Blueprint("users", __name__)

    def page(link: str = "", fault: str = "", status: int = 200) -> Response:
        with reading(house.engine) as connection:
            every = accounts.list_accounts(connection)
        told = {"accounts": every, "roles": ACCOUNT_ROLES, "link": link, "fault": fault}
        return Response(render_template("pages/users.html", **told), status=status)

    def change(account_id: str, how: Callable[..., Account], done: str) -> AnyResponse:
        try:
            account = how(house.engine, account_id, by=person(), now=house.now())
        except accounts.AccountRefused as error:
            return page(fault=told(error), status=409)
        flash(f"{account.name}: {done}", "success")
        return redirect(url_for("users.show"))

    @made.get("/users")
    @needs("users.read")
    def show() -> Response:
        return page()

    @made.post("/users")
    @needs("users.change")
    def add() -> Response:
        by: Person = person()
        try:
            invitation, _made = accounts.add_account(
                house.engine,
                name=request.form.get("name", ""),
                email=request.form.get("email", ""),
                role=request.form.get("role", ""),  # type: ignore[arg-type]  # it is checked there
                by=by,
                now=house.now(),
            )
        except accounts.AccountRefused as error:
            return page(fault=told(error), status=422)
        return page(link=_link(house, invitation))

    @made.post("/users/<account_id>/invite")
    @needs("users.change")
    def invite(account_id: str) -> Response:
        by, now = person(), house.now()
        invitation = invitations.invite_again(house.engine, account_id, by=by, now=now)
        return page(link=_link(house, invitation))

    @made.post("/users/<account_id>/role")
    @needs("users.change")
    def role(account_id: str) -> AnyResponse:
        wanted = request.form.get("role", "")

        def given(engine: sa.Engine, account_id: str, *, by: Person, now: datetime) -> Account:
            role: Role = wanted  # type: ignore[assignment]  # it is checked there
            return accounts.change_role(engine, account_id, role, by=by, now=now)

        return change(account_id, given, _("the role is changed"))

    @made.post("/users/<account_id>/second-factor")
    @needs("users.change")
    def reset_second_factor(account_id: str) -> AnyResponse:
        return change(account_id, accounts.reset_second_factor, _("the second factor is reset"))

    @made.post("/users/<account_id>/sign-out")
    @needs("users.change")
    def sign_out(account_id: str) -> AnyResponse:
        """End all their sessions (OWASP ASVS 5.0, 7.4.5)."""
        return change(account_id, accounts.end_sessions, _("signed out everywhere"))

    @made.post("/users/<account_id>/disable")
    @needs("users.change")
    def disable(account_id: str) -> AnyResponse:
        return change(account_id, accounts.disable, _("disabled"))

    @made.post("/users/<account_id>/enable")
    @needs("users.change")
    def enable(account_id: str) -> AnyResponse:
        return change(account_id, accounts.enable, _("enabled"))

    return made


def _link(house: House, invitation: str) -> str:
    return house.url + url_for("welcome.arrive", invitation=invitation)
