"""The groups of settings, one for each part of the house."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from hotline.setting_types import (
    AccountSid,
    Acknowledged,
    Agencies,
    AuthToken,
    BearerToken,
    CallerId,
    Command,
    Group,
    GroupRoles,
    Hosts,
    LongSecret,
    ManagerSecret,
    Networks,
    Operators,
    Port,
    Ports,
    Schedule,
    Seconds,
    ShortNumbers,
    Statuses,
    TicketUrl,
    UserAndPassword,
    Voice,
    WebhookSecrets,
    WebUrl,
)
from outbox.schedule import STANDARD_S


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
    texts_prefix: str = ""
    """The folder of names and announcements, which are made on the spot, as Asterisk sees it, where
    that is not the folder of prompts: of a copy that an installation made, it is ours."""
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


class AmiSettings(Group):
    """Asterisk's manager interface, which the console asks how many callers wait for operators."""

    hosts: Hosts = ()
    """Each Asterisk, as `host` or `host:port`. Empty: not asked, but of the embedded one."""
    port: Port = 5038
    """Of the embedded one, and of hosts that name none."""
    user: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")] = "hotline"
    secret: ManagerSecret = SecretStr("")
    """Unset: one is made under the state folder."""


class BackofficeSettings(Group):
    """Where tickets are delivered. Unset secrets: one is made for the embedded stack and kept."""

    url: TicketUrl = "http://127.0.0.1:8941/tickets"
    secrets: WebhookSecrets = ()
    """Standard Webhooks secrets (`whsec_…`), newest first: each of them signs."""
    secrets_file: Path | None = None
    """The file that gave them: it may change, and is read anew (`hotline secrets`)."""
    acknowledgement: Acknowledged = ""
    """What the body of a 2xx must say: `json`, a field, `field=value|value`; empty: nothing."""
    host: str = "127.0.0.1"
    port: Port = 8941


class DeliverySettings(Group):
    """How tickets, messages and recordings are carried, and when that is given up."""

    schedule: Schedule = STANDARD_S
    """The waits before each attempt to deliver a ticket (s); `config/destinations.yaml` may have
    others for a destination."""
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


class ConsoleSettings(Group):
    """The console, in a process of its own: pages for those who run the line, and the HTTP API."""

    host: str = "127.0.0.1"
    port: Port = 8942
    workers: Annotated[int, Field(ge=1, le=16)] = 1
    threads: Annotated[int, Field(ge=4, le=256)] = 16
    """In each process; a quarter of them serve pages that show what is live."""
    drain_seconds: Seconds = 3.0
    public_url: WebUrl = ""
    """Where people find it, as in https://console.940.example.sa; empty: this machine alone."""
    proxies: Annotated[int, Field(ge=0, le=5)] = 0
    """How many proxies stand in front whose `X-Forwarded-For` and `-Proto` are believed; 0: one
    where there is a `public_url`, else none."""
    secret: LongSecret = SecretStr("")
    """Signs forms and encrypts second factors. Unset: one is made under the state folder."""
    idle_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 30
    session_hours: Annotated[int, Field(ge=1, le=7 * 24)] = 12
    """After so long, or so long without a click, one signs in again."""
    second_factor: Literal["auto", "required", "optional"] = "auto"
    """`auto`: required where browsers come from elsewhere (`public_url`)."""
    oidc_issuer: WebUrl = ""
    """The city's own provider of identities (OpenID Connect), as its discovery names it."""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_groups_claim: str = "groups"
    """The claim that lists somebody's groups; the scope of this name is asked for."""
    oidc_roles: GroupRoles = Field(default_factory=dict)
    """Which group has which role: `city-940-admins=admin,…`; whoever is in none is not let in."""

    @property
    def url(self) -> str:
        """Where people find the console, without a stroke at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.public_url and not self.public_url.startswith("https://"):
            raise ValueError("public_url must begin with https://: passwords go that way")
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_roles):
            raise ValueError("oidc_issuer needs oidc_client_id and oidc_roles")
        return self

    @property
    def is_open(self) -> bool:
        """Whether others could reach it without TLS: then it is not served."""
        return not self.public_url and not _is_loopback(self.host)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class TwilioSettings(Group):
    """The account whose number is 940. Nothing of Twilio runs while `account_sid` is empty."""

    account_sid: AccountSid = ""
    auth_token: AuthToken = SecretStr("")
    secondary_auth_token: AuthToken = SecretStr("")
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
    agencies: Agencies = ""
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
    bearer: BearerToken = SecretStr("")
    basic: UserAndPassword = SecretStr("")
    """User and password, with a colon between them."""
    success: Statuses = (200, 201, 202, 204)
    acknowledgement: Acknowledged = ""
    """As of the back office, for `http`."""
    timeout_seconds: Seconds = 10.0


class RetentionSettings(Group):
    """Days until personal data is destroyed (PDPL)."""

    recordings_days: Annotated[int, Field(ge=1, le=999)] = 90
    """As callers are told before they are recorded (`record_notice`)."""


class TranscribeSettings(Group):
    """A machine's draft of what callers have said, by a program of yours. Empty: none is made."""

    command: Command = ""
    """Words as in a shell, though none runs it: `{file}` is the recording (WAV), which comes by
    standard input where it is not named, and `{language}` that of the call (ar, en)."""
    timeout_seconds: Annotated[float, Field(gt=0, le=1800)] = 300.0
    """Of one recording."""


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
