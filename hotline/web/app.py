"""The application: its routes, and what it answers when something is wrong."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog
from flask import Flask, Response, jsonify, request, send_from_directory
from werkzeug.exceptions import HTTPException

from call_handlers.twilio.answers import Webhooks
from call_handlers.twilio.webhooks import make_blueprint, refused

log = structlog.get_logger()

Check = Callable[[], bool]
"""Whether something that calls need is there. Bounds its own time; may raise: that is False."""

AUDIO_SECONDS = 365 * 24 * 3600
"""How long audio may be cached: a sound's name is a hash of what it says, so it never changes."""
_SOUND = re.compile(r"[0-9a-f]{12}\.wav")
_WEBHOOKS = "/twilio/"


def create_app(
    webhooks: Webhooks | None,
    *,
    sounds: Path,
    languages: tuple[str, ...],
    checks: Mapping[str, Check],
    metrics: Callable[[], bytes],
) -> Flask:
    """The web application of these collaborators.

    Without `webhooks` no provider calls: neither they nor the prompts are served. `sounds` is the
    folder of prompts in `languages`. `checks` decide readiness, by name. `metrics` gives those of
    all processes in Prometheus' text format.
    """
    app = Flask("hotline.web", static_folder=None)
    app.url_map.merge_slashes = False  # never a redirect: it would turn a POST into a GET
    app.register_error_handler(HTTPException, _http_error)
    if webhooks is not None:
        app.register_blueprint(make_blueprint(webhooks))
        if webhooks.heard is not None:
            app.register_blueprint(webhooks.heard.blueprint())
        _serve_prompts(app, sounds.absolute(), languages)

    @app.get("/healthz")
    def alive() -> Response:
        return Response("ok\n", content_type="text/plain")

    @app.get("/readyz")
    def ready() -> tuple[Response, int]:
        found = {name: _passes(name, check) for name, check in checks.items()}
        return jsonify(found), 200 if all(found.values()) else 503

    @app.get("/metrics")
    def shown() -> Response:
        return Response(metrics(), content_type="text/plain; version=0.0.4; charset=utf-8")

    return app


def _serve_prompts(app: Flask, folder: Path, languages: tuple[str, ...]) -> None:
    @app.get("/prompts/<language>/<name>")
    def prompt(language: str, name: str) -> Response:
        if language not in languages or not _SOUND.fullmatch(name):
            return Response(status=404)
        wide = f"{name}16"  # the same sound at 16 kHz, which a provider need not throw away
        found = wide if (folder / language / wide).is_file() else name
        answer = send_from_directory(
            folder / language, found, mimetype="audio/wav", max_age=AUDIO_SECONDS
        )
        answer.cache_control.public = True
        answer.cache_control.immutable = True
        return answer


def _passes(name: str, check: Check) -> bool:
    try:
        return check()
    except Exception as error:  # whatever it is, it is not ready
        log.warning("not_ready", part=name, error=type(error).__name__)
        return False


def _http_error(error: HTTPException) -> Response:
    """Webhooks are told nothing; others the status alone."""
    if request.path.startswith(_WEBHOOKS):
        return refused("no such webhook")
    answer = Response(status=error.code or 500)
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        answer.allow.update(allowed)
    return answer
