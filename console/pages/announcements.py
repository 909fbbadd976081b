"""`/announcements`: what callers hear before the menu: put on the air, heard here first, ended.

And whether the offices are open, as callers are told.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import redis
import structlog
from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from console.access import needs, person
from console.faults import REFUSALS, told
from console.forms import first_time, forget, new_form
from console.house import House
from places.announcing import announce, end, latest, not_over, project
from places.hours import day_of, opening

log = structlog.get_logger()

_OVER = 20
_DAYS = 7
_LONGEST_TEXT = 500
_DRAFT = "announcement"
"""What the session keeps between hearing a text and putting it on the air."""


def blueprint(house: House) -> Blueprint:
    """The announcements and the hours."""
    made = Blueprint("announcements", __name__)
    air = house.air

    def page(status: int = 200, fault: str = "") -> Response:
        now = house.now()
        current = not_over(house.engine, now)
        known = {one.id for one in current}
        over = [one for one in latest(house.engine, _OVER) if one.id not in known]
        hours, first = air.hours(), now.astimezone(house.zone).date()
        days = [first + timedelta(days=ahead) for ahead in range(_DAYS)]
        text = render_template(
            "pages/announcements.html",
            current=current,
            over=over,
            now=now,
            fault=fault,
            draft=session.get(_DRAFT) or _nothing(house),
            spoken=air.languages,
            templates=air.templates(),
            office=opening(hours, now),
            days=[(day, day_of(hours, day)) for day in days],
        )
        return Response(text, status=status)

    @made.get("/announcements")
    @needs("announcements.read")
    def show() -> Response:
        return page()

    @made.post("/announcements/hear")
    @needs("announcements.change")
    def hear() -> AnyResponse:
        """Keep what was typed, checked, so that it can be heard and then put on the air."""
        draft = _typed(air.languages)
        session[_DRAFT] = draft
        try:
            texts = air.check(draft["template"], _texts(draft))
            if not texts:
                return page(422, _("Write a text, or choose one that is ready."))
            for said in texts.items():
                air.sound(*said)
        except (*REFUSALS, OSError) as error:
            return page(422, told(error))
        session[_DRAFT] = {**draft, "heard": dict(texts), "form": new_form()}
        return redirect(url_for("announcements.show", _anchor="new"))

    @made.get("/announcements/draft/<language>.wav")
    @needs("announcements.change")
    def draft_sound(language: str) -> Response:
        texts = (session.get(_DRAFT) or {}).get("heard", {})
        return _sound(house, texts, language)

    @made.get("/announcements/<name>/<language>.wav")
    @needs("announcements.read")
    def sound(name: str, language: str) -> Response:
        found = next((one for one in latest(house.engine, 200) if one.id == name), None)
        return _sound(house, {} if found is None else found.texts, language)

    @made.post("/announcements")
    @needs("announcements.change")
    def put_on_the_air() -> AnyResponse:
        """Put what was heard on the air; the next call hears it."""
        draft = session.get(_DRAFT) or {}
        texts = draft.get("heard")
        form = request.form.get("form", "")
        if not texts or form != draft.get("form"):
            return page(409, _("Hear it first."))
        until, starts = _moment(house, draft["until"]), _moment(house, draft["starts"])
        if until is None:
            return page(422, _("Say until when."))
        now = house.now()
        if not first_time(house, form):
            return redirect(url_for("announcements.show"))
        try:
            announce(
                house.engine,
                texts,
                starts_at=starts or now,
                until=until,
                by=person(),
                now=now,
                template=draft["template"],
            )
        except REFUSALS as error:
            forget(house, form)
            return page(422, told(error))
        session.pop(_DRAFT, None)
        _tell_calls(house)
        flash(_("It is on the air: the next call hears it."), "success")
        return redirect(url_for("announcements.show"))

    @made.post("/announcements/<name>/end")
    @needs("announcements.change")
    def take_off(name: str) -> AnyResponse:
        end(house.engine, name, by=person(), now=house.now())
        _tell_calls(house)
        flash(_("It is off the air."), "success")
        return redirect(url_for("announcements.show"))

    return made


def _tell_calls(house: House) -> None:
    try:
        project(house.engine, house.redis, house.now())
    except redis.RedisError as error:  # the relay tells them, seconds later
        log.warning("announcement_told_later", error=type(error).__name__)


def _typed(languages: tuple[str, ...]) -> dict[str, Any]:
    names = ("template", "starts", "until", *(f"text-{code}" for code in languages))
    return {name: request.form.get(name, "").strip()[:_LONGEST_TEXT] for name in names}


def _texts(draft: Mapping[str, str]) -> dict[str, str]:
    texts = {name.removeprefix("text-"): text for name, text in draft.items() if "text-" in name}
    return {code: text for code, text in texts.items() if text}


def _nothing(house: House) -> dict[str, Any]:
    tonight = house.now().astimezone(house.zone).replace(hour=23, minute=59)
    return {"template": "", "starts": "", "until": f"{tonight:%Y-%m-%dT%H:%M}"}


def _sound(house: House, texts: Mapping[str, str], language: str) -> Response:
    text = texts.get(language)
    if text is None:
        raise NotFound
    try:
        sound = house.air.sound(language, text)
    except (OSError, ValueError):
        raise NotFound from None
    return Response(sound, content_type="audio/wav")


def _moment(house: House, text: str) -> datetime | None:
    """What a browser's field of day and minute says, in the hotline's time."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M").replace(tzinfo=house.zone)
    except ValueError:
        return None
