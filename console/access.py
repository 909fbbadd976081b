"""Who may open what: every view says whose it is, and one that says nothing is not served."""

from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from flask import Flask, abort, current_app, redirect, request, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from people.permissions import PERMISSIONS, Permission, allows
from people.person import Person

log = structlog.get_logger()

View = TypeVar("View", bound=Callable[..., Any])
_MARK = "needs_permission"
_OWN = "own"
"""The mark of what everybody who is in may open: their own account."""
_PUBLIC = frozenset(
    {
        "assets.asset",
        "health.alive",
        "health.ready",
        "preferences.language",
        "preferences.theme",
        "provider.come_back",
        "provider.go",
        "security.login",
        "security.logout",
        "security.mf_recovery",
        "security.two_factor_setup",  # by who has given a password and has no second factor yet
        "security.two_factor_token_validation",
        "security.two_factor_rescue",
        "security.tf_select",
        "welcome.arrive",
        "welcome.set_password",
    }
)
_OF_LIBRARY = frozenset(
    {
        "security.change_password",
        "security.mf_recovery_codes",
        "security.two_factor_setup_validate",
        "security.verify",
    }
)


class Unmarked(Exception):
    """A view does not say who may open it."""


def needs(permission: Permission) -> Callable[[View], View]:
    """Mark a view as for those who have this right."""
    if permission not in PERMISSIONS:
        raise Unmarked(f"{permission} is no right of people.permissions")
    return _marked(permission)


def own() -> Callable[[View], View]:
    """Mark a view as for everybody who is in: it shows them what is theirs alone."""
    return _marked(_OWN)


def _marked(mark: str) -> Callable[[View], View]:
    def mark_it(view: View) -> View:
        setattr(view, _MARK, mark)
        return view

    return mark_it


def person() -> Person:
    """Who asks, and from where. Only in a view that is marked."""
    found: Person = current_user.person
    return found


def may(permission: Permission) -> bool:
    """Whether who asks has this right; for templates too."""
    return bool(current_user.is_authenticated) and allows(person().role, permission)


def permission_of(app: Flask, endpoint: str) -> str:
    """Whose a view is: a right, `own`, or `public`. Raises Unmarked."""
    if endpoint in _PUBLIC or endpoint.startswith("api."):  # which asks for tokens by itself
        return "public"
    if endpoint in _OF_LIBRARY:
        return _OWN
    found: str | None = getattr(app.view_functions[endpoint], _MARK, None)
    if found is None:
        raise Unmarked(f"{endpoint} does not say who may open it: `@needs(...)`, `@own()`")
    return found


def guard(app: Flask) -> None:
    """Have every view of `app` opened by its own people alone. Raises Unmarked.

    Called when all views are there.
    """
    marks = {endpoint: permission_of(app, endpoint) for endpoint in app.view_functions}

    @app.before_request
    def let_in() -> Response | None:
        mark = marks.get(request.endpoint or "", "public")  # what is not there is told as that
        if mark == "public":
            return None
        if not current_user.is_authenticated:
            return to_sign_in()
        if mark != _OWN and not allows(person().role, mark):  # type: ignore[arg-type]  # a right
            log.warning("console_refused", page=request.endpoint, role=person().role, needs=mark)
            abort(403)
        return None

    app.jinja_env.globals.update(may=may, back_to=back_to)


def to_sign_in() -> Response:
    """To the way in, and back to this page; only what was read is come back to."""
    if request.headers.get("Accept", "").endswith("text/event-stream"):
        abort(401)  # what a page asks by itself: it tells its reader
    if request.method != "GET" or request.headers.get("HX-Request"):
        return redirect(url_for("security.login"))
    back = request.full_path.rstrip("?")
    return redirect(url_for("security.login", next=back if back != "/" else None))


def safe_path(wanted: str) -> str:
    """A path of this house, else nothing: never another host's (OWASP ASVS 5.0, 3.7.2)."""
    is_path = wanted.startswith("/") and not wanted.startswith("//")
    return wanted if is_path and wanted.isprintable() and "\\" not in wanted else ""


def back_to() -> str:
    """The page that somebody wanted before they were sent to sign in; for templates."""
    return safe_path(request.values.get("next", ""))


def is_here(endpoint: str) -> bool:
    """Whether the page that is open is of this blueprint's; for the menu."""
    return (request.blueprint or "") == endpoint.split(".")[0] and bool(current_app)
