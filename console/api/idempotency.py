"""`Idempotency-Key` on POST: a request that is sent again is answered again, and done once.

As the IETF's draft "The Idempotency-Key HTTP Header Field" has it: the key is the sender's own, and
holds for their token and this operation. While the first is under way the second is told so (409);
the same key with another request is refused (422). Answers are kept a day, in Redis.

A process may end between a change and the answer that is kept of it. So what writes something new
writes it under `request_id`: sent again, whenever that is, it is known in the database.
"""

import hashlib
import json
import uuid
from dataclasses import dataclass
from typing import Any, Protocol

from flask import g

from console.api.refusal import Refused

HEADER = "Idempotency-Key"
LONGEST_KEY = 200
KEPT_S = 86_400
UNDER_WAY_S = 60
"""How long a request may take before another with its key is tried anew."""
_UNDER_WAY = b"under way"


class Kept(Protocol):
    """What is needed of Redis."""

    def get(self, name: str, /) -> Any:
        """What stands in a key, None for nothing."""

    def set(self, name: str, value: Any, /, *, ex: int, nx: bool = False) -> Any:
        """Put it there for so many seconds; with `nx` only where nothing is, else None."""

    def delete(self, *names: str) -> Any:
        """Take keys away."""


def request_id() -> str:
    """The id (32 hexadecimal digits) of the request under way; with a key it is always the same."""
    keyed: Once | None = g.get("api_once")
    return uuid.uuid4().hex if keyed is None else keyed.id


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as it is sent again."""

    status: int
    body: str
    kind: str


@dataclass(frozen=True, slots=True)
class Once:
    """One request with a key: `begin` before it is done, and then `end` or `give_up`."""

    store: Kept
    name: str
    print: str

    @classmethod
    def of(cls, store: Kept, key: str, *, who: str, what: str, body: bytes) -> "Once":
        """The request of `who` for `what` (operation and path) with this body. Raises Refused."""
        if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
            raise Refused(422, "refused", f"{HEADER}: 1 to {LONGEST_KEY} printable characters")
        named = hashlib.sha256("\n".join((who, what, key)).encode()).hexdigest()
        print = hashlib.sha256(f"{what}\n".encode() + body).hexdigest()
        return cls(store, f"hotline:api:once:{named}", print)

    @property
    def id(self) -> str:
        """What tells this request of this sender, with this body, from all others."""
        return hashlib.sha256(f"{self.name} {self.print}".encode()).hexdigest()[:32]

    def begin(self) -> Answered | None:
        """The answer that was given before; None when it is to be done now. Raises Refused."""
        if self.store.set(self.name, _UNDER_WAY, ex=UNDER_WAY_S, nx=True):
            return None
        found = self.store.get(self.name)
        if found is None:  # it was given up just now
            return self.begin()
        if found == _UNDER_WAY:
            raise Refused(409, "under_way", "a request with this key is under way: wait for it")
        kept = json.loads(found)
        if kept["print"] != self.print:
            raise Refused(422, "refused", f"{HEADER}: it was sent with another request before")
        return Answered(kept["status"], kept["body"], kept["kind"])

    def end(self, answer: Answered) -> None:
        """Keep the answer, for whoever sends the request again."""
        kept = {
            "print": self.print,
            "status": answer.status,
            "body": answer.body,
            "kind": answer.kind,
        }
        self.store.set(self.name, json.dumps(kept), ex=KEPT_S)

    def give_up(self) -> None:
        """Nothing was done: the request may be sent again."""
        self.store.delete(self.name)
