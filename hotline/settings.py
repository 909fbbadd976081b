"""Every setting of the house, read once, from the environment. Nothing else reads it.

Names are `HOTLINE_` and the field's name, with `__` between a group and its field
(`HOTLINE_AGI__MAX_CALLS=300`); `REDIS_URL` and `DATABASE_URL` keep the names that hosts give them,
and `TWILIO_ACCOUNT_SID` and `TWILIO_AUTH_TOKEN` may be given by the names that Twilio gives them.
Lists are written with commas. A secret may be put in a file instead: `<NAME>_FILE` names it.
`HOTLINE_HOME` names the folder of an installation; what `hotline.env` in it says is read as if it
were in the environment (`hotline/home.py`).
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from hotline.environment import Environment, SettingsWrong, explain, secrets_from_files, unknown
from hotline.files import language_files
from hotline.home import with_home
from hotline.setting_groups import (
    AgiSettings,
    AmiSettings,
    BackofficeSettings,
    ConsoleSettings,
    DeliverySettings,
    DiskSettings,
    LogSettings,
    MetricsSettings,
    RetentionSettings,
    ScreeningSettings,
    SipSettings,
    SmsSettings,
    TranscribeSettings,
    TwilioSettings,
    WebSettings,
)
from hotline.setting_types import (
    DatabaseUrl,
    Lines,
    RedisUrl,
    Speakers,
    Telephones,
    Written,
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
    | {"HOTLINE_SMS__BEARER", "HOTLINE_SMS__BASIC", "HOTLINE_CONSOLE__SECRET"}
    | {"HOTLINE_CONSOLE__OIDC_CLIENT_SECRET", "HOTLINE_AMI__SECRET"}
)
"""The settings that `<NAME>_FILE` may give."""

ROTATED_FILE = "HOTLINE_BACKOFFICE__SECRETS_FILE"
"""The one of those files that is read again while processes run, and so is a setting itself."""

OTHER_NAMES = {
    "TWILIO_ACCOUNT_SID": "HOTLINE_TWILIO__ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN": "HOTLINE_TWILIO__AUTH_TOKEN",
    "TWILIO_AUTH_TOKEN_FILE": "HOTLINE_TWILIO__AUTH_TOKEN_FILE",
}
"""Names that Twilio's own programs read, and the settings that they give where those are unset."""


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

    home: Path | None = None
    """The folder of the installation (`hotline init`), from which those below follow."""
    state_dir: Path = Path("var")
    config_dir: Path = CONFIG_DIR
    sounds_dir: Path | None = None
    cache_dir: Path = Field(default_factory=lambda: Path.home() / ".cache" / "hotline940")
    redis_url: RedisUrl | None = Field(None, validation_alias=AliasChoices("REDIS_URL"))
    database_url: DatabaseUrl | None = Field(None, validation_alias=AliasChoices("DATABASE_URL"))
    timezone: Zone = "Asia/Riyadh"
    calendar: Literal["gregorian", "hijri"] = "gregorian"
    """By which callers hear dates."""
    jurisdiction: Annotated[str, Field(min_length=1, max_length=100)] = "jeddah.gov.sa"
    emergency_lines: Lines = ()
    """Numbers of ours, or of agencies that send calls on to us, whose calls are not screened."""
    telephones: Telephones = ()
    """Who sits at inside telephones, `<extension>=<name>`, by the name of their token and PIN."""
    screening: ScreeningSettings = ScreeningSettings()
    agi: AgiSettings = AgiSettings()
    metrics: MetricsSettings = MetricsSettings()
    sip: SipSettings = SipSettings()
    ami: AmiSettings = AmiSettings()
    backoffice: BackofficeSettings = BackofficeSettings()
    deliveries: DeliverySettings = DeliverySettings()
    web: WebSettings = WebSettings()
    console: ConsoleSettings = ConsoleSettings()
    twilio: TwilioSettings = TwilioSettings()
    sms: SmsSettings = SmsSettings()
    retention: RetentionSettings = RetentionSettings()
    transcribe: TranscribeSettings = TranscribeSettings()
    disk: DiskSettings = DiskSettings()
    log: LogSettings = LogSettings()
    voice: Speakers = Field(default_factory=dict)
    """The program that says a language's prompts in place of its default voice: `voice.command`."""
    voice_text: Written = Field(default_factory=dict)
    """How such a program wants its text: with vowel `marks` as it is written, `plain` without them,
    or, of espeak-ng, as `phonemes` (for a voice of MBROLA: `mbrola`)."""

    @field_validator("voice", "voice_text")
    @classmethod
    def _of_languages(cls, value: dict[str, str], others: ValidationInfo) -> dict[str, str]:
        folder = others.data.get("config_dir")  # None where that itself is wrong
        known = () if folder is None else language_files(folder)
        for code in value if known else ():
            if code not in known:
                told = ", ".join(known)
                raise ValueError(f"{code.upper()} is no language that prompts are in: {told}")
        return value

    @property
    def voice_commands(self) -> dict[str, str]:
        """Those programs, by language, as `voice.writing.command_of` reads them."""
        return {
            code: f"{self.voice_text.get(code, 'marks')} {command}"
            for code, command in self.voice.items()
            if command
        }

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
    _by_our_names(given)
    problems = with_home(given)
    _by_our_names(given)
    in_files = {name for name in SECRET_NAMES if f"{name}_FILE" in given}
    rotated = given.get(ROTATED_FILE)
    problems += secrets_from_files(given, SECRET_NAMES)
    if rotated is not None:
        given[ROTATED_FILE] = rotated
    problems += unknown(given, Settings, PREFIX)
    try:
        values = Environment(Settings, given)()
        settings = Settings(**values)
    except ValidationError as error:
        problems += explain(error, PREFIX, in_files)
    except SettingsError as error:
        problems.append(f"{error}: it is a group, set its fields one by one")
    if problems:
        raise SettingsWrong(problems)
    return settings


def _by_our_names(given: dict[str, str]) -> None:
    for name, ours in OTHER_NAMES.items():
        if name in given:
            given.setdefault(ours, given[name])
