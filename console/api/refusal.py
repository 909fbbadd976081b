"""A request that the API refuses, by kinds that programs tell apart."""

TITLES = {
    "unauthorized": "No token that is good",
    "forbidden": "Not with this role or token",
    "not_found": "There is none",
    "destroyed": "It was destroyed",
    "no_length": "The body has no length",
    "too_large": "The body is too large",
    "wrong_kind": "The body is of another kind",
    "no_json": "The body is no JSON",
    "refused": "The request is refused",
    "changed_since": "It was changed since it was seen",
    "under_way": "A request with this key is under way",
    "unavailable": "A store is away",
}
"""Kinds of problems, and what each is for people. Contract: programs tell them apart."""


class Refused(Exception):
    """A request that is answered with a status and a reason; `kind` is one of `TITLES`."""

    def __init__(self, status: int, kind: str, detail: str, errors: tuple[str, ...] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.errors = errors
