"""An operation of the API: its route, its document and its handler are one thing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, TypeAdapter

from blacklist.numbers import LONGEST_RAW
from console.bodies import Problem
from console.pages import Place
from people.person import Person, Role


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was let in: who asks, and its checked parts."""

    person: Person
    path: Mapping[str, str]
    query: Any
    body: Any


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path (`{name}` for its parts).

    `role` is the least that may ask. `reply` is what the handler gives, `status` what that means.
    A `reply` of None: the handler gives a Flask response itself, of `content`.
    """

    name: str
    method: str
    path: str
    summary: str
    role: Role
    handler: Callable[[Asked], Any]
    reply: Any = None
    status: int = 200
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    content: str = "application/json"
    takes: str = ""
    """What a body that is no JSON must be."""
    place: Callable[[Any], Place] | None = None
    """Where an item stands in its list, which is given in pages."""
    fails: tuple[int, ...] = field(default=(422,))


_NEXT = {
    "description": 'The next page, rel="next" (RFC 8288); none behind the last',
    "schema": {"type": "string"},
}
_FAILURES = {
    400: "The request is no JSON",
    401: "No token, or one that is not good",
    403: "The token's role may not do this",
    404: "There is none",
    411: "The body has no length",
    413: "The body is too large",
    415: "The body is of another kind",
    422: "Refused: the message says what and why",
    503: "A store is away; nothing was changed",
}
PROBLEM = "application/problem+json"
"""The media type of errors (RFC 9457, section 3)."""
_REFS = "#/components/schemas/{model}"


def document(operations: tuple[Operation, ...], *, title: str, version: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of these operations."""
    schemas: dict[str, Any] = {}
    failure = _schema(Problem, schemas)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        told = _operation(operation, schemas, failure)
        paths.setdefault(operation.path, {})[operation.method.lower()] = told
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _operation(
    operation: Operation, schemas: dict[str, Any], failure: dict[str, Any]
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"Needs the role {operation.role}.",
        "parameters": [*_path_parameters(operation.path), *_query_parameters(operation, schemas)],
    }
    if operation.body is not None:
        schema = _schema(operation.body, schemas, mode="validation")
        told["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    elif operation.takes:
        content = {operation.takes: {"schema": {"type": "string"}}}
        told["requestBody"] = {"required": True, "content": content}
    reply = {"type": "string"} if operation.reply is None else _schema(operation.reply, schemas)
    answers: dict[str, Any] = {
        str(operation.status): {
            "description": "Done",
            "content": {operation.content: {"schema": reply}},
        }
    }
    if operation.place is not None:
        answers[str(operation.status)]["headers"] = {"Link": _NEXT}
    for status in _fails(operation):
        answers[str(status)] = {
            "description": _FAILURES[status],
            "content": {PROBLEM: {"schema": failure}},
        }
    told["responses"] = answers
    return told


def _fails(operation: Operation) -> list[int]:
    of_bodies = (
        (400, 411, 413, 415) if operation.body else (411, 413, 415) if operation.takes else ()
    )
    of_queries = (422,) if operation.query else ()
    return sorted({401, 403, 503, *operation.fails, *of_bodies, *of_queries})


def _path_parameters(path: str) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    kinds = {"review": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}}
    text = {"type": "string", "minLength": 1, "maxLength": LONGEST_RAW}
    return [
        {"name": name, "in": "path", "required": True, "schema": kinds.get(name, text)}
        for name in names
    ]


def _query_parameters(operation: Operation, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    schema = operation.query.model_json_schema(ref_template=_REFS)
    schemas.update(schema.pop("$defs", {}))
    return [
        {"name": name, "in": "query", "required": False, "schema": part}
        for name, part in schema["properties"].items()
    ]


def _schema(kind: Any, schemas: dict[str, Any], mode: str = "serialization") -> dict[str, Any]:
    """The schema of `kind`; what it refers to goes into `schemas`."""
    schema = TypeAdapter(kind).json_schema(ref_template=_REFS, mode=mode)  # type: ignore[arg-type]
    schemas.update(schema.pop("$defs", {}))
    return schema
