"""The console: its pages, who may open them, and what they answer when something is wrong."""

import structlog
from flask import Blueprint, Flask, Response, render_template, request
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix

from console import access, assets, faults, forms, headers, masking, named, odd, pages, shown, words
from console.accounts import limits, provider, sessions, sign_in, welcome
from console.api.server import failed as api_failed
from console.house import House, Serving
from people.person import NothingThere

LONGEST_FORM = 65_536
"""Bytes of a form; a page that takes files says so itself."""

log = structlog.get_logger()


def create_console(house: House, serving: Serving, api: Blueprint | None = None) -> Flask:
    """The console of this house, and its HTTP API.

    Raises AssetsMissing, and Unmarked where a view does not say whose it is. Times of sessions are
    by the machine's clock; all else is by `house.now`.
    """
    app = Flask("console", static_folder=None)
    app.config.update(
        SECRET_KEY=serving.secret,
        MAX_CONTENT_LENGTH=LONGEST_FORM,
        MAX_FORM_MEMORY_SIZE=LONGEST_FORM,
        WTF_CSRF_TIME_LIMIT=None,  # a form may stand open as long as its session
        WTF_CSRF_SSL_STRICT=False,  # it asks for a referrer, which no page of ours gives away
        BABEL_DEFAULT_LOCALE="ar",
        TRUSTED_HOSTS=list(serving.hosts),
    )
    if serving.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # as Flask's documents have it
            app.wsgi_app, x_for=serving.proxies, x_proto=serving.proxies
        )
    assets.load_assets()
    words.Spoken(app, locale_selector=words.locale_of_reader)
    odd.refuse_odd(app)
    protect = CSRFProtect(app)
    sessions.add_sessions(app, house, serving)
    sign_in.add_sign_in(app, house, serving)
    way_in = (welcome.blueprint(house), provider.blueprint(app, house, serving.provider))
    for made in (assets.blueprint(), *way_in, *pages.blueprints(house)):
        app.register_blueprint(made)
    if api is not None:  # its callers have tokens, and no cookies that another could use
        app.register_blueprint(api)
        protect.exempt(api)
    limits.add_limits(app, house)
    headers.add_headers(app, secure=serving.secure)
    shown.add_filters(app, house.zone)
    _add_to_templates(app, house)
    app.jinja_env.globals["has_provider"] = serving.provider is not None
    _tell_errors(app)
    access.guard(app)
    return app


def _add_to_templates(app: Flask, house: House) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        asset=assets.asset_url,
        number=masking.number,
        is_here=access.is_here,
        role_name=named.role_name,
        action_name=named.action_name,
        named=named.named,
        refusal=faults.told_text,
        sent=forms.sent,
        choices=named.choices,
        measures_to_take=named.measures_to_take,
        kinds=named.KINDS,
        ACTIONS=named.ACTIONS,
        is_number=pages.audit.is_number,
        measures=named.MEASURES,
        reasons=named.REASONS,
        PAGES=pages.PAGES,
        room=house.tickets,
    )

    @app.context_processor
    def of_reader() -> dict[str, object]:
        language = words.language_of_reader()
        return {
            "language": language,
            "languages": words.LANGUAGES,
            "direction": "rtl" if language == "ar" else "ltr",
            "theme": words.kept_cookie("theme"),
        }


def _tell_errors(app: Flask) -> None:
    @app.errorhandler(HTTPException)
    def told(error: HTTPException) -> Response:
        status = error.code or 500
        if request.path.startswith("/api/"):
            return api_failed(404, "not_found", "there is no such operation: see /openapi.json")
        if isinstance(error, SecurityError):  # another's host: it has no session
            return Response(status=status)
        answer = Response(render_template("error.html", status=status), status=status)
        allowed = getattr(error, "valid_methods", None)
        if allowed:
            answer.allow.update(allowed)
        return answer

    @app.errorhandler(NothingThere)
    def nothing(_error: NothingThere) -> Response:
        return Response(render_template("error.html", status=404), status=404)

    @app.errorhandler(SQLAlchemyError)
    @app.errorhandler(RedisError)
    def away(error: Exception) -> Response:
        log.error("console_store_away", error=type(error).__name__, page=request.endpoint)
        return _plain(app, 503)

    @app.errorhandler(InternalServerError)
    def failed(error: InternalServerError) -> Response:
        cause = error.original_exception or error
        if isinstance(cause, RedisError | SQLAlchemyError):
            return away(cause)
        log.error("console_failed", error=type(cause).__name__, page=request.endpoint)
        return _plain(app, 500)


def _plain(app: Flask, status: int) -> Response:
    """A page that needs no store and no session, in both languages."""
    page = app.jinja_env.get_template("away.html").render(asset=assets.asset_url, status=status)
    return Response(page, status=status, content_type="text/html; charset=utf-8")
