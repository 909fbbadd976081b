"""Any system that takes tickets over HTTP, in config/destinations.yaml: its requests as data."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from files.yaml_tree import plain
from tickets.destination import Destination
from tickets.destinations.acknowledgement import Acknowledgement, parse_acknowledgement, parse_path
from tickets.destinations.entry import Entry, House, Secret, SecretMissing
from tickets.destinations.field_names import KNOWN
from tickets.destinations.http_asks import Ask, LookAsk, Path, SendAsk, SessionAsk
from tickets.destinations.http_faults import (
    OF_ONE_MESSAGE,
    OF_ONE_TICKET,
    Fault,
    faults_of,
    faults_of_sending,
)
from tickets.destinations.template import parse_body, parse_template

if TYPE_CHECKING:
    from tickets.destinations.http_call import Call, Look, Sending


def _sent_or_left(value: Any) -> Any:
    if value == "leave":
        return None
    if not isinstance(value, Mapping):
        raise ValueError("must be `leave`, or the request by which a later version is sent")
    return value


_Name = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9_]{0,31}\z")]


class HttpEntry(Entry, SendAsk):
    """The request that makes a ticket, and those around it.

    `id` is where its number stands in the answer. `updates` is how a later version is sent, with
    `{remote_id}` for that number; `leave`: it is not.
    """

    kind: Literal["http"]
    secrets: dict[_Name, Secret] = Field(default_factory=dict)
    id: Path
    updates: Annotated[SendAsk | None, BeforeValidator(_sent_or_left)]
    session: SessionAsk | None = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        faults = [
            InitErrorDetails(
                type=PydanticCustomError("template", "{why}", {"why": why}), loc=place, input=None
            )
            for place, why in _faults(self)
        ]
        if faults:
            raise ValidationError.from_exception_data("http", faults)
        return self

    def build(self, name: str, house: House) -> Destination:
        """The destination. Raises SecretMissing, also for one that no header can carry."""
        from tickets.destinations.http_call import Session
        from tickets.destinations.http_template import HttpDestination
        from tickets.destinations.mail.told import Names

        session = None
        if self.session is not None:
            call = _call(self.session, {}, _secrets(self), ())
            session = Session(call, parse_path(self.session.token))
        updates = None if self.updates is None else _sending(self, self.updates, None)
        return HttpDestination(
            name,
            _sending(self, self, parse_path(self.id)),
            updates,
            Names(ZoneInfo(house.zone), house.services, house.areas),
            self.timeout_s(house),
            self.schedule(house),
            {one: _for_headers(one, secret, house) for one, secret in self.secrets.items()},
            session,
            self.admits,
            tls=self.trust(house),
        )


def _for_headers(name: str, secret: Secret, house: House) -> Callable[[], str]:
    """Reads it. Raises SecretMissing here and whenever it is asked."""
    kept = secret.reader(house)

    def read() -> str:
        value = kept()
        if not (value.isascii() and value.isprintable()):
            raise SecretMissing(f"secrets.{name} has what no header can carry")
        return value

    read()
    return read


def _secrets(entry: HttpEntry) -> tuple[str, ...]:
    return tuple(f"{kind}.{name}" for kind in ("secret", "basic") for name in entry.secrets)


def _hidden(entry: HttpEntry) -> tuple[str, ...]:
    return (*_secrets(entry), *(("session",) if entry.session is not None else ()))


def _sending(entry: HttpEntry, said: SendAsk, number: tuple[str, ...] | None) -> "Sending":
    """`number` is where theirs must stand in the answer."""
    from tickets.destinations.http_call import Sending

    wanted = parse_acknowledgement(said.acknowledgement or "")
    if wanted is None and number is not None:
        wanted = Acknowledgement(number)
    look = None if said.look is None else _look(entry, said.look)
    call = _call(said, entry.headers or {}, _hidden(entry))
    return Sending(call, frozenset(said.success or ()), wanted, number, look)


def _look(entry: HttpEntry, said: LookAsk) -> "Look":
    from tickets.destinations.http_call import Look

    return Look(
        _call(said, entry.headers or {}, _hidden(entry)),
        {parse_path(at): parse_template(text, KNOWN) for at, text in said.match.items()},
        parse_path(said.rows or ""),
        None if said.count is None else parse_path(said.count),
        None if said.id is None else parse_path(said.id),
        said.found_after,
    )


def _call(
    said: Ask, headers: Mapping[str, str], hidden: Collection[str], known: Collection[str] = KNOWN
) -> "Call":
    """`headers` where it says none of its own."""
    from tickets.destinations.http_call import Call

    own = headers if said.headers is None else said.headers
    return Call(
        said.method,
        parse_template(said.url, known),
        {name: parse_template(text, (*known, *hidden)) for name, text in own.items()},
        None if said.body is None else parse_body(plain(said.body), known),
    )


def _faults(entry: HttpEntry) -> Iterator[Fault]:
    hidden = _hidden(entry)
    yield from faults_of_sending((), entry, hidden, OF_ONE_TICKET)
    if entry.look is not None and entry.look.id is None:
        yield ("look", "id"), "is missing: where their number stands in a row"
    if entry.updates is not None:
        yield from faults_of_sending(("updates",), entry.updates, hidden, OF_ONE_MESSAGE)
    if entry.session is not None:
        yield from faults_of(("session",), entry.session, _secrets(entry), ())
