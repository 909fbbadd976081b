"""`/audit`: who changed what, when and from where. It is read, and never written, here."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from flask import Blueprint, render_template, request, session
from pydantic import Field, TypeAdapter

from console.access import needs
from console.api.pages import NoPlace, read_place, written
from console.house import House
from console.named import ACTIONS
from people.audit import history
from store.sql import reading

PAGE = 100
_PLACE: TypeAdapter[Any] = TypeAdapter(tuple[Annotated[int, Field(ge=0, le=2**31 - 1)]])
_WHO = "audit of"
_NUMBER_LIKE = frozenset("+0123456789")


def blueprint(house: House) -> Blueprint:
    """The audit, newest first."""
    made = Blueprint("audit", __name__)

    def page() -> str:
        which, wanted = request.args, session.get(_WHO, {}) if "of" in request.args else {}
        try:
            after = read_place(which.get("after"), _PLACE)
        except NoPlace:
            after = None
        action = which.get("action", "")
        with reading(house.engine) as connection:
            found = history(
                connection,
                wanted.get("subject") or None,
                limit=PAGE + 1,
                before=after[0] if after else None,
                made_by=wanted.get("who") or None,
                action=action if action in ACTIONS else None,
                since=_day(house, which.get("since", "")),
                until=_day(house, which.get("until", ""), end=True),
            )
        more = written((found[PAGE - 1].id,)) if len(found) > PAGE else ""
        kept = {name: which[name] for name in ("action", "since", "until", "of") if name in which}
        return render_template(
            "pages/audit.html", changes=found[:PAGE], more=more, kept=kept, wanted=wanted
        )

    @made.get("/audit")
    @needs("audit.read")
    def show() -> str:
        return page()

    @made.post("/audit")
    @needs("audit.read")
    def narrow() -> str:
        """Only one person's changes, or those of one number or ticket: neither is in an address."""
        given = {name: request.form.get(name, "").strip()[:100] for name in ("who", "subject")}
        session[_WHO] = given
        request.args = request.args.copy()
        request.args["of"] = "1"
        return page()

    return made


def is_number(subject: str) -> bool:
    """Whether the subject of a change is a caller's number, which not everybody sees."""
    return subject.startswith("+") and set(subject) <= _NUMBER_LIKE


def _day(house: House, text: str, *, end: bool = False) -> datetime | None:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=house.zone)
    except ValueError:
        return None
    if not 1970 < day.year < 9000:  # no change of ours was then
        return None
    return day + timedelta(days=1) if end else day
