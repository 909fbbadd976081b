"""Requests as config/destinations.yaml writes them: what each of `kind: http` says."""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from tickets.destinations.acknowledgement import parse_acknowledgement, parse_path
from tickets.destinations.entry import FOUND_AFTER_S, Strict, Text, Wait, check_address
from tickets.destinations.template import HEADER_NAME

_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})


def _url(text: str) -> str:
    check_address(text)
    if "{" in urlsplit(text).netloc:
        raise ValueError("must name its host as it is, without places")
    return text


def _header(name: str) -> str:
    if name.lower() in _OURS:
        raise ValueError("is a header that is written by ourselves")
    return name.lower()


def _acknowledgement(text: str) -> str:
    parse_acknowledgement(text)
    return text


def _path(text: str) -> str:
    parse_path(text)
    return text


_Url = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=2000),
    AfterValidator(_url),
]
_Header = Annotated[
    str, StringConstraints(strict=True, pattern=rf"^{HEADER_NAME}\z"), AfterValidator(_header)
]
_Headers = dict[_Header, Annotated[str, StringConstraints(strict=True, max_length=2000)]]
_Method = Literal["GET", "POST", "PUT", "PATCH"]
_Success = Annotated[tuple[Annotated[int, Field(ge=200, le=299)], ...], Field(min_length=1)]
Path = Annotated[Text, AfterValidator(_path)]
Wanted = Annotated[Text, AfterValidator(_acknowledgement)]


class Ask(Strict):
    """A request. Without `headers` of its own it has those of the ticket's."""

    url: _Url
    method: _Method = "GET"
    headers: _Headers | None = None
    body: Any = None


class LookAsk(Ask):
    """How what was sent is found: by rows of an answer that begin as `match` says."""

    rows: Path | None = None
    count: Path | None = None
    match: Annotated[dict[Path, Text], Field(min_length=1)]
    id: Path | None = None
    found_after: Wait = FOUND_AFTER_S


class SendAsk(Ask):
    """How something is sent, what says that it is taken, and how it is found afterwards."""

    method: _Method = "POST"
    success: _Success | None = None
    acknowledgement: Wanted | None = None
    look: LookAsk | None = None


class SessionAsk(Ask):
    """What is asked for before each push; the answer's `token` is `{session}` in headers."""

    token: Path
