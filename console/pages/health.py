"""`/healthz` and `/readyz`: whether this process answers, and whether it can do its work."""

import structlog
from flask import Blueprint, Response, jsonify

from console.house import House
from store.sql import reading

log = structlog.get_logger()


def blueprint(house: House) -> Blueprint:
    """For whoever watches the process; it tells nothing else."""
    made = Blueprint("health", __name__)

    @made.get("/healthz")
    def alive() -> Response:
        return Response("ok\n", content_type="text/plain; charset=utf-8")

    @made.get("/readyz")
    def ready() -> tuple[Response, int]:
        found = {"database": _answers(house), "redis": _redis_answers(house)}
        return jsonify(found), 200 if all(found.values()) else 503

    return made


def _answers(house: House) -> bool:
    try:
        with reading(house.engine) as connection:
            return connection.exec_driver_sql("SELECT 1").scalar() == 1
    except Exception as error:  # whatever it is, it is not ready
        log.warning("not_ready", part="database", error=type(error).__name__)
        return False


def _redis_answers(house: House) -> bool:
    try:
        return bool(house.redis.ping())
    except Exception as error:  # likewise
        log.warning("not_ready", part="redis", error=type(error).__name__)
        return False
