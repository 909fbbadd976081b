"""Prefixes: asked for by one person, with whom they would have touched; agreed to by a second."""

from collections.abc import Callable
from typing import Any

from babel.support import LazyProxy
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from pydantic import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from blacklist.record.arguments import Restriction
from blacklist.record.operations import OPERATIONS
from console.access import needs, person
from console.faults import REFUSALS, told, told_fields
from console.house import House
from people.permissions import Permission
from people.person import NothingThere

_MOST = 200


def add_views(made: Blueprint, house: House) -> None:
    """The prefixes that act or wait, and what is done about them."""

    def page(status: int = 200, fault: str = "") -> Response:
        entries = house.register.list(kind="prefix", limit=_MOST)
        waiting = [one for one in entries if not one.in_effect]
        acting = [one for one in entries if one.in_effect]
        text = render_template(
            "pages/blocklist/prefixes.html", waiting=waiting, acting=acting, fault=fault
        )
        return Response(text, status=status)

    @made.get("/blocklist/prefixes")
    @needs("blacklist.read")
    def prefixes() -> Response:
        return page()

    def form(path: str, operation: str, run: Callable[..., Any], done: LazyProxy) -> None:
        permission: Permission = OPERATIONS[operation].permission

        @made.post(f"/blocklist/prefixes/{path}", endpoint=f"prefix_{path}")
        @needs(permission)
        def changed() -> AnyResponse:
            try:
                run(OPERATIONS[operation])
            except ValidationError as error:
                return page(422, told_fields(error))
            except NothingThere:
                return page(409, _("It is not there any more: somebody else was quicker."))
            except REFUSALS as error:
                return page(422, told(error))
            flash(str(done), "success")
            return redirect(url_for("blocklist.prefixes"))

    def asked(operation: Any) -> None:
        given = {name: request.form.get(name, "").strip() for name in ("number", "reason", "note")}
        given["disposition"] = request.form.get("disposition", "block")
        days = request.form.get("days", "").strip()
        wanted = Restriction.model_validate({**given, "days": days or None})
        operation.run(house.register, person(), **dict(wanted))

    def approved(operation: Any) -> None:
        operation.run(house.register, person(), request.form.get("prefix", ""))

    def removed(operation: Any) -> None:
        why = request.form.get("why", "").strip()
        operation.run(house.register, person(), request.form.get("prefix", ""), why=why)

    form("ask", "ask_prefix", asked, lazy_gettext("It waits for a second person."))
    form(
        "approve",
        "approve_prefix",
        approved,
        lazy_gettext("The prefix is restricted; the next call meets it."),
    )
    form(
        "remove", "remove_prefix", removed, lazy_gettext("The restriction of the prefix is lifted.")
    )
