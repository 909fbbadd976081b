"""The providers that the settings name: a Twilio account, a gateway for text messages."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from carriers.twilio_account import TwilioAccount
from embedded.child import TIED
from files.yaml_model import FileWrong
from host.inherited import OF_RECOGNISERS, inherited
from hotline.environment import SettingsWrong
from hotline.home import Home
from hotline.settings import Settings
from outbox.retry import RetryPolicy
from recordings.drafting import Drafter
from recordings.fetch import KeepPolicy, RecordingFetcher
from recordings.transcriber import Transcriber, command_of
from tickets.catalogue import load_services, load_sub_municipalities
from tickets.delivery import LEASE_MARGIN_S
from tickets.destination import Destination
from tickets.destinations.acknowledgement import parse_acknowledgement
from tickets.destinations.entry import House, Office
from tickets.destinations.gateways import HttpSms, TwilioSms
from tickets.destinations.sms import (
    FindReply,
    SmsDestination,
    SmsSender,
    load_sms_texts,
    no_reply,
)
from tickets.spoken import hand_out_draft


def check_providers(settings: Settings, offices: Iterable[Destination] = ()) -> None:
    """Raises SettingsWrong where a worker could not start with these settings and destinations."""
    account = twilio_account(settings)
    told = sms_destination(settings)
    attempts = {"HOTLINE_DELIVERIES__TIMEOUT_SECONDS": settings.deliveries.timeout_seconds}
    if told is not None:
        attempts["HOTLINE_SMS__TIMEOUT_SECONDS"] = told.timeout_s
    if account is not None:
        attempts["a request to Twilio"] = account.timeout_s
    for office in offices:
        attempts[f"destinations.{office.name}.timeout"] = office.timeout_s
    lease_s = retry_policy(settings).lease_s
    problems = [
        f"HOTLINE_DELIVERIES__LEASE_SECONDS {lease_s:g} is too short for {name} {seconds:g}: "
        f"let it be {LEASE_MARGIN_S:g} longer at least"
        for name, seconds in attempts.items()
        if seconds + LEASE_MARGIN_S > lease_s
    ]
    if problems:
        raise SettingsWrong(problems)


def house_of(settings: Settings, secrets: Callable[[], Sequence[str]]) -> House:
    """What destinations need beside their file; `secrets` sign for the settings' back office.

    Raises FileWrong.
    """
    deliveries, office = settings.deliveries, settings.backoffice
    kept = settings.config_dir if settings.home is None else Home(settings.home).secrets
    return House(
        environ=os.environ,
        secrets=kept,
        config=settings.config_dir,
        office=Office(office.url, secrets, office.acknowledgement),
        timeout_s=deliveries.timeout_seconds,
        lease_s=deliveries.lease_seconds,
        schedule=deliveries.schedule,
        zone=settings.timezone,
        services=load_services(settings.config_dir / "services.yaml"),
        areas=load_sub_municipalities(settings.config_dir / "sub_municipalities.yaml"),
    )


def retry_policy(settings: Settings) -> RetryPolicy:
    """When what failed is tried again. Raises SettingsWrong."""
    deliveries = settings.deliveries
    try:
        return RetryPolicy(
            base_s=deliveries.backoff_first_seconds,
            cap_s=deliveries.backoff_longest_seconds,
            max_attempts=deliveries.attempts,
            lease_s=deliveries.lease_seconds,
        )
    except ValueError:
        raise SettingsWrong(
            ["HOTLINE_DELIVERIES__BACKOFF_FIRST_SECONDS is longer than the longest back-off"]
        ) from None


def twilio_account(settings: Settings) -> TwilioAccount | None:
    """The account, None where none is set. Raises SettingsWrong when it cannot be used."""
    twilio = settings.twilio
    if not twilio.account_sid:
        return None
    try:
        return TwilioAccount(
            twilio.account_sid, twilio.auth_token.get_secret_value(), twilio.api_url
        )
    except ValueError as error:
        raise SettingsWrong([f"HOTLINE_TWILIO: {error}"]) from None


def sms_sender(settings: Settings) -> SmsSender | None:
    """The gateway, None where messages are not sent. Raises SettingsWrong."""
    sms = settings.sms
    if sms.gateway == "none":
        return None
    if sms.gateway == "twilio":
        account = twilio_account(settings)
        if account is None or not sms.sender:
            raise SettingsWrong(
                ["HOTLINE_SMS__GATEWAY twilio needs TWILIO_ACCOUNT_SID and HOTLINE_SMS__SENDER"]
            )
        return TwilioSms(account, sms.sender)
    try:
        return HttpSms(
            url=sms.url,
            template=sms.template,
            format=sms.format,
            sender=sms.sender,
            bearer=sms.bearer.get_secret_value(),
            basic=sms.basic.get_secret_value(),
            success=sms.success,
            acknowledgement=parse_acknowledgement(sms.acknowledgement),
            timeout_s=sms.timeout_seconds,
        )
    except ValueError as error:
        raise SettingsWrong([f"HOTLINE_SMS: {error}"]) from None


def sms_destination(settings: Settings, find: FindReply = no_reply) -> SmsDestination | None:
    """Where text messages go, None where none are sent; `find` has the replies. SettingsWrong."""
    sender = sms_sender(settings)
    if sender is None:
        return None
    try:
        texts = load_sms_texts(settings.config_dir / "sms.yaml")
    except FileWrong as error:
        raise SettingsWrong(str(error).splitlines()) from None
    return SmsDestination(sender, texts, ZoneInfo(settings.timezone), find)


def recording_fetcher(
    settings: Settings, engine: sa.Engine, retry: RetryPolicy, room: Callable[[], bool]
) -> RecordingFetcher | None:
    """What fetches recordings, None where there is no account. Raises SettingsWrong."""
    account = twilio_account(settings)
    if account is None:
        return None
    policy = KeepPolicy(retry, settings.retention.recordings_days)
    return RecordingFetcher(engine, account, settings.recordings, policy, room)


def recording_drafter(
    settings: Settings, engine: sa.Engine, ending: threading.Event, office: str | None
) -> Drafter | None:
    """What makes drafts of recordings; None where no program or no `office` for them is named.

    `ending` is set when this process is to end.
    """
    command = command_of(settings.transcribe.command)
    if not command or office is None:
        return None
    tied = (sys.executable, "-I", "-S", str(TIED), str(os.getpid()), str(int(signal.SIGKILL)))
    transcriber = Transcriber(
        command,
        settings.transcribe.timeout_seconds,
        inherited(os.environ, OF_RECOGNISERS),
        ending=ending,
        tied=tied,
    )
    days = settings.retention.recordings_days
    tell = partial(hand_out_draft, office=office)
    return Drafter(engine, settings.recordings, transcriber, tell, days)
