"""The reader's language and theme: cookies of their browser, for whoever is not in yet too."""

from typing import Any

from flask import Blueprint, current_app, redirect, request, session
from werkzeug.wrappers import Response

from console.access import safe_path
from console.words import LANGUAGES, cookie_name

_YEAR_S = 365 * 24 * 3600
_THEMES = ("light", "dark")


def blueprint() -> Blueprint:
    """Two small forms of every page's head and foot."""
    made = Blueprint("preferences", __name__)

    @made.post("/preferences/language")
    def language() -> Response:
        chosen = request.form.get("language", "")
        if chosen in LANGUAGES:
            session["language"] = chosen
        return _kept("language", chosen, tuple(LANGUAGES))

    @made.post("/preferences/theme")
    def theme() -> Response:
        return _kept("theme", request.form.get("theme", ""), _THEMES)

    return made


def _kept(name: str, chosen: str, known: tuple[str, ...]) -> Response:
    answer = redirect(safe_path(request.form.get("back", "")) or "/")
    if chosen in known:
        secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
        how: dict[str, Any] = {"secure": secure, "httponly": True, "samesite": "Lax"}
        answer.set_cookie(cookie_name(name), chosen, _YEAR_S, **how)
    return answer
