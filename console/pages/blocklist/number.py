"""One number: what stands about it, who did what, and what can be done now."""

from collections.abc import Callable, Mapping
from typing import Any

from babel.support import LazyProxy
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from pydantic import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from blacklist.record.arguments import AllowBody, NumberRestriction, StrikeBody, Undo, Why
from blacklist.record.operations import OPERATIONS
from console import masking
from console.access import may, needs, person
from console.faults import REFUSALS, told, told_fields
from console.forms import first_time, forget, new_form
from console.house import House
from console.pages.blocklist.lists import number_of, page_of_number
from people.permissions import Permission
from people.person import NothingThere

_CHANGES = 50


def add_views(made: Blueprint, house: House) -> None:
    """The page of a number, and its forms."""

    def page(status: int = 200, fault: str = "", *, revealed: bool = False) -> AnyResponse:
        number = _about()
        if number is None:
            return redirect(url_for("blocklist.show"))
        register = house.register
        told_changes = may("blacklist.history")
        text = render_template(
            "pages/blocklist/number.html",
            standing=register.standing(number),
            changes=register.history(number, limit=_CHANGES) if told_changes else [],
            typed=request.form,
            fault=fault,
            revealed=revealed,
            of=request.values.get("of", ""),
            form=new_form(),
        )
        return Response(text, status=status)

    def change(operation: str, given: Callable[[], Mapping[str, Any]], done: str) -> AnyResponse:
        """Do it by the register, and lead back; what is refused is told on the page."""
        number = _about()
        if number is None:
            return redirect(url_for("blocklist.show"))
        verb = OPERATIONS[operation]
        if not first_time(house, _text("form")):
            return page_of_number(number)
        about = (number,) if verb.of else ()
        try:
            verb.run(house.register, person(), *about, **given())
        except ValidationError as error:
            forget(house, _text("form"))
            return page(422, told_fields(error))
        except NothingThere:
            return page(409, _("It is not in force any more: somebody else was quicker."))
        except REFUSALS as error:
            forget(house, _text("form"))
            return page(422, told(error))
        flash(done, "success")
        return page_of_number(number)

    @made.get("/blocklist/number")
    @needs("blacklist.read")
    def number() -> AnyResponse:
        return page()

    @made.post("/blocklist/number/reveal")
    @needs("numbers.unmask")
    def reveal() -> AnyResponse:
        about = _about()
        return page(revealed=masking.reveal(house, about, "blocklist"))

    def form(
        path: str, operation: str, given: Callable[[], Mapping[str, Any]], done: LazyProxy
    ) -> None:
        permission: Permission = OPERATIONS[operation].permission

        @made.post(f"/blocklist/number/{path}", endpoint=f"number_{path}")
        @needs(permission)
        def changed() -> AnyResponse:
            return change(operation, given, str(done))

    form(
        "restrict",
        "add",
        _restriction,
        lazy_gettext("The restriction stands; the next call meets it."),
    )
    form(
        "lift",
        "remove",
        lambda: dict(Why(why=_text("why"))),
        lazy_gettext("The restriction is lifted."),
    )
    form("strike", "strike", _strike, lazy_gettext("The strike is noted."))
    form("allow", "allow", _allowed, lazy_gettext("The number is let through from now on."))
    form(
        "disallow",
        "disallow",
        lambda: dict(Why(why=_text("why"))),
        lazy_gettext("It is let through no more."),
    )
    form(
        "undo",
        "undo",
        lambda: dict(Undo(number=_known())),
        lazy_gettext("The last change is taken back."),
    )


def _about() -> str | None:
    """The number that the page is of: the one on which the form stood, whatever else is open."""
    return number_of(request.values.get("of", ""))


def _known() -> str:
    """The same, where it was looked at before."""
    return _about() or ""


def _restriction() -> Mapping[str, Any]:
    given = {
        "number": _known(),
        "reason": _text("reason"),
        "days": _text("days") or None,
        "note": _text("note"),
        "disposition": _text("disposition") or "block",
        "calls": tuple(_text("calls").split()),
    }
    return dict(NumberRestriction.model_validate(given))


def _strike() -> Mapping[str, Any]:
    threat = "threat" in request.form
    return dict(
        StrikeBody.model_validate(
            {
                "reason": _text("reason"),
                "threat": threat,
                "note": _text("note"),
                "call_id": _text("call"),
            }
        )
    )


def _allowed() -> Mapping[str, Any]:
    given = {"days": _text("days") or None, "note": _text("note")}
    return dict(AllowBody.model_validate(given))


def _text(name: str) -> str:
    return request.form.get(name, "").strip()
