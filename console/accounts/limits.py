"""How often somebody may try: to sign in, a second factor, a link.

Tries are counted by the account that is tried and by the address that tries (OWASP ASVS 5.0,
6.3.1). One account may be tried seldom from any one address, so a stranger elsewhere does not lock
its owner out; only who tries it from many addresses at once does, until they stop.
"""

import hashlib
import unicodedata
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, render_template, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.exceptions import TooManyRequests

from console.house import House

FROM_ONE_ADDRESS = "30 per minute; 300 per hour"
OF_ONE_ACCOUNT_FROM_ONE_ADDRESS = "5 per minute; 20 per hour"
OF_ONE_ACCOUNT = "60 per hour"
_LIMITED = (
    "security.login",
    "security.two_factor_token_validation",
    "security.mf_recovery",
    "security.verify",
    "security.change_password",
    "welcome.set_password",
)


def add_limits(app: Flask, house: House) -> Limiter:
    """Count the tries at the ways into `app`; beyond a limit the answer is 429."""
    limiter = Limiter(
        get_remote_address,
        app=app,
        storage_uri="redis://",
        storage_options={"connection_pool": house.redis.connection_pool},  # type: ignore[dict-item]  # redis-py's own
        key_prefix="hotline:console:tries",
        headers_enabled=True,
    )
    for endpoint in _LIMITED:
        view: Callable[..., Any] = app.view_functions[endpoint]
        for limit, key in (
            (FROM_ONE_ADDRESS, get_remote_address),
            (OF_ONE_ACCOUNT_FROM_ONE_ADDRESS, _account_and_address),
            (OF_ONE_ACCOUNT, _account),
        ):
            view = limiter.limit(limit, key_func=key, methods=["POST"])(view)
        app.view_functions[endpoint] = view

    @app.errorhandler(TooManyRequests)
    def too_many(_error: TooManyRequests) -> Response:
        page = render_template("error.html", status=429)
        answer = Response(page, status=429)
        answer.headers["Retry-After"] = "60"
        return answer

    return limiter


def _account() -> str:
    """Who is tried, as a digest: addresses of people are no keys of a store."""
    typed = request.form.get("email", "") if request.endpoint == "security.login" else ""
    tried = unicodedata.normalize("NFKC", typed).strip().casefold() or _in_session()
    return hashlib.sha256(tried.encode()).hexdigest()[:32]


def _in_session() -> str:
    """The account whose second factor is asked for, or that is in; else who is invited."""
    names = ("tf_user_id", "_user_id", "invitation")
    return next((str(session[name]) for name in names if name in session), "")


def _account_and_address() -> str:
    return f"{_account()} {get_remote_address()}"
