"""The kinds of values that settings have, and the form of a group of them."""

import re
import shlex
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    SecretStr,
)
from pydantic_core import from_json
from pydantic_settings import NoDecode

from blacklist.entry import HOTLINE
from blacklist.numbers import normalise, written
from files.durations import Duration
from hotline import setting_forms
from outbox.schedule import MOST_WAIT_S
from people.person import AccountRole
from recordings.transcriber import command_of
from store.redis_address import SCHEMES
from tickets.destinations.acknowledgement import parse_acknowledgement
from tickets.destinations.webhook_secret import split_secrets


def _by_spaces(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _by_commas(value: Any) -> Any:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _scheme(*allowed: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(allowed):
            raise ValueError(f"must begin with {' or '.join(allowed)}")
        return value

    return AfterValidator(check)


def _pairs(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value.startswith("{"):  # as settings are handed to children
        return from_json(value)
    parts = [part.rpartition("=") for part in value.split(",") if part.strip()]
    if not all(group.strip() and role.strip() for group, _, role in parts):
        raise ValueError("is written group=role,group=role")
    return {group.strip(): role.strip() for group, _, role in parts}


def _long(value: SecretStr) -> SecretStr:
    if 0 < len(value.get_secret_value()) < 32:
        raise ValueError("must have 32 characters or more, as `openssl rand -base64 32` makes")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("is not a time zone, such as Asia/Riyadh") from None
    return value


def _line(value: str) -> str:
    kept = normalise(value).e164 or written(value)
    if kept == HOTLINE:
        raise ValueError(f"{HOTLINE} itself would let every call pass: keep a line of its own")
    if not re.fullmatch(r"\+?[0-9]{3,15}", kept):
        raise ValueError("must be numbers as they are dialled, such as 9401 or +966126140911")
    return kept


def _short_number(value: str) -> str:
    number = normalise(value)
    if not number.short:
        raise ValueError("must be numbers of up to five digits, such as 911")
    return number.short


def _telephone(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    extension, _, name = (part.strip() for part in value.partition("="))
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", extension) or not 0 < len(name) <= _LONGEST_NAME:
        raise ValueError("must be written as <extension>=<name>, such as operator-1=amal")
    return extension, name


def _in_full(value: str) -> str:
    """A full number in E.164, however it was written; what is none stays as it is."""
    return value if ":" in value else normalise(value).e164 or value


_LONGEST_NAME = 48
"""Characters: the audit keeps a hundred of a name and its telephone."""


def _operators(value: str) -> str:
    value = _in_full(value)
    if not re.fullmatch(_OPERATORS, value):
        raise ValueError("must be queue:<name>, workflow:WW…, a number (+966…) or sip:…")
    return value


_OPERATORS = r"queue:[^<>&\x00-\x1f]{1,64}|workflow:WW[0-9a-f]{32}|\+?[0-9]{3,15}|sips?:[^\s<>]+"


def _web_address(value: str) -> str:
    return setting_forms.web_address(value).rstrip("/")


def _acknowledgement(value: str) -> str:
    parse_acknowledgement(value)
    return value


def _command(value: str) -> str:
    command_of(value)
    return value


def _speakers(value: dict[str, str]) -> dict[str, str]:
    for code, command in value.items():
        try:
            words = shlex.split(command)
        except ValueError:
            raise ValueError(f"{code.upper()} has a quotation mark without its other") from None
        if command and not any(words[:1]):  # an empty value is one that was not given
            raise ValueError(f"{code.upper()} names no program: must be one and its arguments")
    return value


Port = Annotated[int, Field(ge=1, le=65535)]
Ports = Annotated[tuple[Port, ...], NoDecode, BeforeValidator(_by_commas), Field(min_length=1)]
Networks = Annotated[
    tuple[IPvAnyNetwork, ...], NoDecode, BeforeValidator(_by_commas), Field(min_length=1)
]
Hosts = Annotated[
    tuple[Annotated[str, AfterValidator(setting_forms.host_and_port)], ...],
    NoDecode,
    BeforeValidator(_by_commas),
]
"""Names or addresses, each with a port or without: `10.0.0.7,[fd00::7]:5038`."""
Lines = Annotated[
    tuple[Annotated[str, AfterValidator(_line)], ...], NoDecode, BeforeValidator(_by_commas)
]
"""Telephone numbers: full ones in E.164, short ones as they are dialled."""
ShortNumbers = Annotated[
    tuple[Annotated[str, AfterValidator(_short_number)], ...], NoDecode, BeforeValidator(_by_commas)
]
Telephones = Annotated[
    tuple[Annotated[tuple[str, str], BeforeValidator(_telephone)], ...],
    NoDecode,
    BeforeValidator(_by_commas),
]
"""Extensions, and the name of who sits there."""
WebhookSecrets = Annotated[
    tuple[SecretStr, ...],
    NoDecode,
    BeforeValidator(lambda value: split_secrets(value) if isinstance(value, str) else value),
    AfterValidator(setting_forms.webhook_secrets),
]
AccountSid = Annotated[str, AfterValidator(setting_forms.account_sid)]
AuthToken = Annotated[SecretStr, AfterValidator(setting_forms.auth_token)]
BearerToken = Annotated[SecretStr, AfterValidator(setting_forms.bearer_token)]
ManagerSecret = Annotated[SecretStr, AfterValidator(setting_forms.manager_secret)]
UserAndPassword = Annotated[SecretStr, AfterValidator(setting_forms.user_and_password)]
Agencies = Annotated[str, AfterValidator(setting_forms.agencies)]
RedisUrl = Annotated[
    SecretStr,
    _scheme("redis://", "rediss://", "unix://", *(f"{scheme}://" for scheme in SCHEMES)),
    AfterValidator(setting_forms.redis_address),
]
DatabaseUrl = Annotated[
    SecretStr,
    _scheme("sqlite:", "postgresql:", "postgresql+psycopg:"),
    AfterValidator(setting_forms.database_address),
]
Zone = Annotated[str, AfterValidator(_zone)]
Seconds = Annotated[float, Field(gt=0)]
Statuses = Annotated[
    tuple[Annotated[int, Field(ge=200, le=299)], ...], NoDecode, BeforeValidator(_by_commas)
]
Schedule = Annotated[
    tuple[Annotated[Duration, Field(ge=0, le=MOST_WAIT_S)], ...],
    NoDecode,
    BeforeValidator(_by_spaces),
    Field(min_length=1, max_length=100),
]
"""Waits as `0 5s 5m 2h`, in s."""
Acknowledged = Annotated[str, AfterValidator(_acknowledgement)]
"""What the body of an answer must say (`tickets.destinations.acknowledgement`)."""
Command = Annotated[str, AfterValidator(_command)]
"""A program and its arguments, in one line (`recordings.transcriber`)."""
Speakers = Annotated[dict[str, str], AfterValidator(_speakers)]
"""Programs by the codes of languages, each with its arguments in one line."""
Written = dict[str, Literal["marks", "plain", "phonemes", "mbrola"]]
"""How those programs want their text; the last two are espeak-ng's own (`voice.writing`)."""
WebUrl = Annotated[str, AfterValidator(_web_address)]
"""Without a stroke at its end, so that paths can follow."""
TicketUrl = Annotated[str, Field(min_length=1), AfterValidator(setting_forms.web_address)]
LongSecret = Annotated[SecretStr, AfterValidator(_long)]
"""A secret that nobody can guess; empty for none."""
GroupRoles = Annotated[dict[str, AccountRole], NoDecode, BeforeValidator(_pairs)]
"""Groups of a provider of identities and their roles, as `group=role,group=role`."""
Operators = Annotated[str, AfterValidator(_operators)]
"""Where callers of Twilio reach operators."""
CallerId = Annotated[str, BeforeValidator(_in_full), Field(pattern=r"^[A-Za-z0-9+._@:-]{0,128}$")]
"""A number (`+966…`), or what a SIP telephone is shown."""
Voice = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+ [a-z]{2,3}-[A-Z0-9]{2,3}$")]
"""A voice of Twilio's and the language that it speaks."""


class Group(BaseModel):
    """A group of settings; an unknown name in it is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
