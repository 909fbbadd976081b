"""Sessions, in Redis: known by a random number alone, and over by idleness and by age.

A session gets another number when somebody signs in (OWASP ASVS 5.0, 7.2.4), and ends when it was
idle for `idle_s` or is `longest_s` old (7.3.1, 7.3.2), at sign-out, and with another password, role
or second factor: those change the key that all sessions of the account refer to.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from flask import Flask, current_app, request, session
from flask_login import current_user
from flask_security import logout_user, user_authenticated

from console.accounts.own_sessions import BEGAN, PREFIX, Register, begin
from console.accounts.session_store import Sessions
from console.house import House, Serving

View = TypeVar("View", bound=Callable[..., Any])
_MARK = "asks_by_itself"
_REGISTER = "hotline.sessions"
COOKIE, SECURE_COOKIE = "hotline", "__Host-hotline"
"""The session's cookie; by TLS no other host or path can set it (RFC 6265bis, 4.1.3.2)."""


def add_sessions(app: Flask, house: House, serving: Serving) -> None:
    """Keep the sessions of `app`; `registered` finds those of an account."""
    app.config.update(
        SESSION_REDIS=house.redis,
        SESSION_ID_LENGTH=32,
        SESSION_COOKIE_NAME=SECURE_COOKIE if serving.secure else COOKIE,
        SESSION_COOKIE_SECURE=serving.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",  # a provider of identities leads back here
        PERMANENT_SESSION_LIFETIME=timedelta(seconds=serving.idle_s),
        SESSION_REFRESH_EACH_REQUEST=True,
    )
    sessions = Sessions(app, house.redis, PREFIX, serving.secret, serving.idle_s)
    app.session_interface = sessions
    register = Register(app, house.redis, serving.idle_s, serving.longest_s)
    app.extensions[_REGISTER] = register
    sessions.new = register.note
    _spare_what_asks_by_itself(app)

    @user_authenticated.connect_via(app)
    def signed_in(_app: Flask, **_told: object) -> None:
        begin(session, request)
        app.session_interface.regenerate(session)  # type: ignore[attr-defined]  # of Flask-Session

    @app.before_request
    def end_the_old() -> None:
        began = session.get(BEGAN)
        if began is not None and time.time() - began > serving.longest_s:
            if current_user.is_authenticated:
                logout_user()
            session.clear()


def registered() -> Register:
    """The sessions by account. Only in a request."""
    found: Register = current_app.extensions[_REGISTER]
    return found


def by_itself(view: View) -> View:
    """Mark a view as one that an open page asks again and again, with nobody before it.

    It keeps no session alive: else one would never be idle as long as a page is open.
    """
    setattr(view, _MARK, True)
    return view


def _spare_what_asks_by_itself(app: Flask) -> None:
    interface: Any = app.session_interface
    usual = interface.should_set_storage

    def kept(app: Flask, kept_session: Any) -> bool:
        asks = getattr(app.view_functions.get(request.endpoint or ""), _MARK, False)
        return bool(kept_session.modified if asks else usual(app, kept_session))

    interface.should_set_storage = kept
