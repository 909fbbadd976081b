"""Every setting of the house, read once from the environment. Nothing else reads it.

Names are `HOTLINE_` and the field's name, with `__` between a group and its field
(`HOTLINE_AGI__MAX_CALLS=300`); `REDIS_URL` and `DATABASE_URL` keep the names that hosts give them,
and `TWILIO_ACCOUNT_SID` and `TWILIO_AUTH_TOKEN` may be given by the names that Twilio gives them.
Lists are written with commas. A secret may be put in a file instead: `<NAME>_FILE` names it.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from hotline.environment import Environment, SettingsWrong, explain, secrets_from_files, unknown
from hotline.setting_types import (
    Acknowledged,
    CallerId,
    DatabaseUrl,
    Group,
    Lines,
    Networks,
    Operators,
    Port,
    Ports,
    RedisUrl,
    Seconds,
    Secrets,
    ShortNumbers,
    Statuses,
    Telephones,
    Voice,
    WebUrl,
    Zone,
)
from store.redis_socket import embedded_redis_url

PREFIX = "HOTLINE_"
_INSTALLED_CONFIG = Path(__file__).resolve().parent / "config"
_CHECKOUT_CONFIG = _INSTALLED_CONFIG.parent.parent / "config"
CONFIG_DIR = _INSTALLED_CONFIG if _INSTALLED_CONFIG.is_dir() else _CHECKOUT_CONFIG
"""What people edit: the checkout's, or what an installed wheel carries."""

SECRET_NAMES = frozenset({"REDIS_URL", "DATABASE_URL", "HOTLINE_BACKOFFICE__SECRETS"}) | frozenset(
    {"HOTLINE_TWILIO__AUTH_TOKEN", "HOTLINE_TWILIO__SECONDARY_AUTH_TOKEN"}
    | {"HOTLINE_SMS__BEARER", "HOTLINE_SMS__BASIC"}
)
"""The settings that `<NAME>_FILE` may give."""

OTHER_NAMES = {
    "TWILIO_ACCOUNT_SID": "HOTLINE_TWILIO__ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN": "HOTLINE_TWILIO__AUTH_TOKEN",
    "TWILIO_AUTH_TOKEN_FILE": "HOTLINE_TWILIO__AUTH_TOKEN_FILE",
}
"""Names that Twilio's own programs read, and the settings that they give where those are unset."""


class AgiSettings(Group):
    """The FastAGI servers. One process serves each of `ports`."""

    host: str = "127.0.0.1"
    ports: Ports = (4573, 4574)
    max_calls: Annotated[int, Field(ge=1)] = 600
    """Calls at once in one process; more are sent to the next server."""
    allowed_networks: Networks = Field(default=("127.0.0.0/8", "::1/128"), validate_default=True)
    """Where Asterisk may connect from: FastAGI itself has no authentication."""
    drain_seconds: Seconds = 120.0
    """How long calls in progress may take to finish after SIGTERM."""
    sounds_prefix: str = ""
    """The folder of prompts as Asterisk sees it, where that is not the folder as we see it."""
    recordings_prefix: str = ""
    """The folder for recordings as Asterisk sees it, likewise."""
    recordings_dir: Path | None = None
    """The same folder as we see it, where that is neither of the two."""


class MetricsSettings(Group):
    """Prometheus. Each process serves `/metrics` on a port of its own."""

    enabled: bool = True
    host: str = "127.0.0.1"
    agi_ports: Ports = (9451, 9452)
    worker_port: Port = 9453
    relay_port: Port = 9454


class SipSettings(Group):
    """The embedded Asterisk."""

    host: str = "127.0.0.1"
    port: Port = 5060
    rtp_first: Port = 10000
    rtp_last: Port = 10999


class BackofficeSettings(Group):
    """Where tickets are delivered. Unset secrets: one is made for the embedded stack and kept."""

    url: str = "http://127.0.0.1:8941/tickets"
    secrets: Secrets = ()
    """Standard Webhooks secrets (`whsec_…`), newest first: all are accepted, the first signs."""
    acknowledgement: Acknowledged = ""
    """What the body of a 2xx must say: `json`, a field, `field=value|value`; empty: nothing."""
    host: str = "127.0.0.1"
    port: Port = 8941


class DeliverySettings(Group):
    """How a ticket is pushed to the back office, and when that is given up."""

    attempts: Annotated[int, Field(ge=1)] = 60
    backoff_first_seconds: Seconds = 1.0
    backoff_longest_seconds: Annotated[float, Field(gt=0, le=3600)] = 900.0
    timeout_seconds: Seconds = 10.0
    workers: Annotated[int, Field(ge=1)] = 2
    relay_seconds: Seconds = 1.0
    """How often the relay looks for deliveries that no queue knows of."""
    lease_seconds: Seconds = 15.0


class ScreeningSettings(Group):
    """What screening is told of this site; who is held, and why, is config/screening.yaml."""

    exempt: ShortNumbers = ()
    """Short numbers of callers (agencies, extensions) that pass unasked, where it is known that the
    trunk lets nobody else show them."""
    counts_mb: Annotated[int, Field(ge=1, le=65_536)] = 64
    """Memory of Redis for the counts of calls, in MB of 2^20 bytes; beyond it numbers that called
    once are forgotten first."""


class WebSettings(Group):
    """The web application: Twilio's webhooks, the prompts' audio, health and metrics."""

    host: str = "127.0.0.1"
    port: Port = 8940
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    threads: Annotated[int, Field(ge=1, le=256)] = 8
    drain_seconds: Seconds = 15.0


class TwilioSettings(Group):
    """The account whose number is 940. Nothing of Twilio runs while `account_sid` is empty."""

    account_sid: str = ""
    auth_token: SecretStr = SecretStr("")
    secondary_auth_token: SecretStr = SecretStr("")
    """While tokens are exchanged, requests signed with either are genuine."""
    public_url: WebUrl = ""
    """Where Twilio finds us: the scheme and host that it signs, as in https://940.example.sa."""
    fallback_url: WebUrl = ""
    """Where config/twilio/fallback.xml is published: not on our own machines."""
    api_url: WebUrl = "https://api.twilio.com"
    operators: Operators = "queue:operators"
    """`queue:<name>` of a queue at Twilio, `workflow:WW…` of TaskRouter, a number, or `sip:…`."""
    operators_wait_seconds: Annotated[int, Field(ge=15, le=3600)] = 300
    """How long a caller waits in the queue before other ways are offered."""
    ring_seconds: Annotated[int, Field(ge=5, le=600)] = 30
    agencies: str = ""
    """SIP address of agencies with `{number}` in it; empty: their short number is dialled."""
    caller_id: CallerId = ""
    """The number shown to whoever is dialled; empty: the caller's own, else that they dialled."""
    voice_ar: Voice = "Polly.Hala-Neural ar-AE"
    voice_en: Voice = "Polly.Joanna-Neural en-US"
    voices: dict[str, Voice] = Field(default_factory=dict)
    """Those of further languages, by their codes."""
    speech: bool = False
    """Whether callers may also say what they choose in menus."""

    @property
    def configured(self) -> bool:
        """Whether webhooks can be told from forgeries, and so are served at all."""
        return bool(self.public_url and self.auth_token.get_secret_value())


class SmsSettings(Group):
    """The text message with the reference number."""

    gateway: Literal["none", "twilio", "http"] = "none"
    sender: str = ""
    """A number, a sender's name, or (`twilio`) a messaging service `MG…`."""
    url: WebUrl = ""
    format: Literal["json", "form"] = "json"
    template: str = '{"to": "{to}", "from": "{sender}", "text": "{text}"}'
    bearer: SecretStr = SecretStr("")
    basic: SecretStr = SecretStr("")
    """User and password, with a colon between them."""
    success: Statuses = (200, 201, 202, 204)
    acknowledgement: Acknowledged = ""
    """As of the back office, for `http`."""
    timeout_seconds: Seconds = 10.0


class RetentionSettings(Group):
    """Days until personal data is destroyed (PDPL)."""

    recordings_days: Annotated[int, Field(ge=1, le=999)] = 90
    """As callers are told before they are recorded (`record_notice`)."""


class DiskSettings(Group):
    """Room on the disk of the state folder."""

    reserve_mb: Annotated[int, Field(ge=0, le=100_000)] = 64
    """Kept for tickets: given back when the disk is full."""
    alert_percent: Annotated[int, Field(ge=1, le=100)] = 80
    """How full a disk may be before somebody is told, unless 10 GB are free all the same."""


class LogSettings(Group):
    """`auto` is for people on a terminal and JSON everywhere else."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "console"] = "auto"


class Settings(BaseSettings):
    """All of it; frozen. Made by `load_settings`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    state_dir: Path = Path("var")
    config_dir: Path = CONFIG_DIR
    sounds_dir: Path | None = None
    cache_dir: Path = Field(default_factory=lambda: Path.home() / ".cache" / "hotline940")
    redis_url: RedisUrl | None = Field(None, validation_alias=AliasChoices("REDIS_URL"))
    database_url: DatabaseUrl | None = Field(None, validation_alias=AliasChoices("DATABASE_URL"))
    timezone: Zone = "Asia/Riyadh"
    jurisdiction: str = "jeddah.gov.sa"
    emergency_lines: Lines = ()
    """Numbers of ours, or of agencies that send calls on to us, whose calls are not screened."""
    telephones: Telephones = ()
    """Who sits at inside telephones, `<extension>=<name>`, by the name of their token and PIN."""
    screening: ScreeningSettings = ScreeningSettings()
    agi: AgiSettings = AgiSettings()
    metrics: MetricsSettings = MetricsSettings()
    sip: SipSettings = SipSettings()
    backoffice: BackofficeSettings = BackofficeSettings()
    deliveries: DeliverySettings = DeliverySettings()
    web: WebSettings = WebSettings()
    twilio: TwilioSettings = TwilioSettings()
    sms: SmsSettings = SmsSettings()
    retention: RetentionSettings = RetentionSettings()
    disk: DiskSettings = DiskSettings()
    log: LogSettings = LogSettings()

    @property
    def sounds(self) -> Path:
        """The folder of rendered prompts; named by their content, so installations may share it."""
        return self.sounds_dir or self.cache_dir / "sounds"

    @property
    def recordings(self) -> Path:
        """The folder of callers' recordings."""
        return self.state_dir / "recordings"

    @property
    def redis(self) -> str:
        """The Redis address; the embedded stack's socket under `state_dir` when none was given."""
        if self.redis_url is not None:
            return self.redis_url.get_secret_value()
        return embedded_redis_url(self.state_dir)

    @property
    def database(self) -> str:
        """The SQL address; a SQLite file under `state_dir` when none was given."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.state_dir.absolute() / 'hotline.db'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Values given by name only: `load_settings` alone reads the environment."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `environ` (default: this process's).

    Raises `SettingsWrong`, whose text lists everything that is wrong at once, never with a value.
    """
    given = dict(os.environ if environ is None else environ)
    for name, ours in OTHER_NAMES.items():
        if name in given:
            given.setdefault(ours, given[name])
    problems = secrets_from_files(given, SECRET_NAMES)
    problems += unknown(given, Settings, PREFIX)
    try:
        values = Environment(Settings, given)()
        settings = Settings(**values)
    except ValidationError as error:
        problems += explain(error, PREFIX)
    except SettingsError as error:
        problems.append(f"{error}: it is a group, set its fields one by one")
    if problems:
        raise SettingsWrong(problems)
    return settings
