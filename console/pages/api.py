"""`/api`: what programs can ask for, by the API's own document, and a form to try each.

The request goes from the reader's browser with a token that they type, so that it can do no more
than that token; nothing here acts with the reader's own session.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, render_template

from console.access import needs

_ORDER = ("tickets", "calls", "blacklist", "deliveries", "destinations", "announcements")


def blueprint() -> Blueprint:
    """The page; it is empty of operations where no API is served."""
    made = Blueprint("tryout", __name__)

    @made.get("/api")
    @needs("tokens.read")
    def show() -> str:
        document = _document()
        return render_template("pages/api.html", groups=_groups(document))

    return made


def _document() -> dict[str, Any]:
    told: Callable[[], Any] | None = current_app.view_functions.get("api.openapi")
    if told is None:
        return {"paths": {}, "components": {"schemas": {}}}
    document: dict[str, Any] = told().get_json()
    return document


def _schemas(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"]
    return found


def _groups(document: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Operations by what they are about: method, path, parameters, and a body to begin with."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in _ORDER}
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            area = path.removeprefix("/api/v1/").split("/")[0]
            found.setdefault(area, []).append(_operation(method, path, told, document))
    return [(name, operations) for name, operations in found.items() if operations]


def _operation(
    method: str, path: str, told: dict[str, Any], document: dict[str, Any]
) -> dict[str, Any]:
    content = told.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    name = schema["$ref"].rpartition("/")[2] if schema and "$ref" in schema else ""
    body = _schemas(document).get(name, schema) if schema else None
    return {
        "id": told["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": told["summary"],
        "description": told["description"],
        "parameters": told["parameters"],
        "fields": (body or {}).get("properties", {}),
        "required": (body or {}).get("required", []),
        "has_body": schema is not None,
        "answers": {status: one["description"] for status, one in told["responses"].items()},
    }
