"""The web application, put together from the services of a process."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import sqlalchemy as sa
import structlog
from flask import Flask
from prometheus_client import generate_latest

from call_handlers.twilio.answers import Webhooks
from call_handlers.twilio.heard import Heard
from call_handlers.twilio.recent import RecentCalls
from call_handlers.twilio.render import Rendering
from call_handlers.twilio.signature import Gate
from call_handlers.twilio.speech import Phrases, all_phrases
from call_handlers.twilio.spoken import Speaker, Voice
from call_handlers.twilio.transfers import Lines
from hotline.bootstrap import Services
from hotline.providers import twilio_account
from hotline.setting_groups import TwilioSettings
from hotline.web.app import Check, create_app
from hotline.web.metrics import all_processes, shared_folder
from ivr.catalogue import UNPLAYED, PromptError
from ivr.spoken.language import Language
from ivr.turn import Prompt
from recordings.playback import Playback
from recordings.register import note_or_journal, note_recording

log = structlog.get_logger()


def make_web_app(services: Services, recent: RecentCalls | None = None) -> Flask:
    """The application of these services; `recent` is `Webhooks`'s, shared with the one before.

    Raises what a flow or catalogue that is wrong raises.
    """
    settings = services.settings
    folder = shared_folder()
    checks: dict[str, Check] = {
        "redis": lambda: bool(services.fast_redis.ping()),
        "database": lambda: _answers(services.engine()),
    }
    webhooks = None
    if settings.twilio.configured:
        sounds = services.sound_folder
        checks["prompts"] = lambda: all(map(sounds.has, services.catalogue.sources))
        webhooks = replace(make_webhooks(services), recent=recent or RecentCalls())
    else:
        log.info("no_webhooks_served", why="Twilio is not configured")
    return create_app(
        webhooks,
        sounds=settings.sounds,
        languages=services.flow.languages,
        checks=checks,
        metrics=generate_latest if folder is None else lambda: all_processes(folder),
    )


def make_webhooks(services: Services) -> Webhooks:
    """Twilio's webhooks."""
    twilio = services.settings.twilio
    tokens = (twilio.auth_token, twilio.secondary_auth_token)
    sounds = services.sound_folder
    engine, journal = services.call_engine, services.journal

    note = services.call_database.bounded(partial(note_recording, engine))

    def noted(call_id: str, turn: int, sid: str) -> None:
        now = datetime.now(UTC)
        note_or_journal(note, journal, call_id=call_id, turn=turn, recording_sid=sid, now=now)

    heard = _heard(services)
    voices = voices_of(twilio, services.languages)
    speaker = Speaker(services.catalogue, sounds.has, twilio.public_url, voices, heard.url)
    phrases = all_phrases(services.flows, services.catalogue) if twilio.speech else Phrases()
    return Webhooks(
        desk=services.desk,
        gate=Gate(
            twilio.public_url,
            [token.get_secret_value() for token in tokens],
            twilio.account_sid,
        ),
        rendering=Rendering(speaker, lines_of(twilio), phrases, sounds.state),
        note_recording=noted,
        heard=heard,
    )


def _heard(services: Services) -> Heard:
    """Where callers hear what they have said."""
    settings, folder = services.settings, services.settings.sounds

    def instead(language: str) -> bytes | None:
        try:
            (piece,) = services.catalogue.speak(language, Prompt(UNPLAYED))
            return (folder / f"{piece.audio}.wav").read_bytes()
        except (PromptError, ValueError, OSError):
            return None

    playback = Playback(settings.recordings, services.call_engine, twilio_account(settings))
    token = settings.twilio.auth_token.get_secret_value()
    find = services.desk.find
    return Heard(settings.twilio.public_url, token, find, playback.sound, instead)


def lines_of(twilio: TwilioSettings) -> Lines:
    """Where callers are put through to."""
    return Lines(
        operators=twilio.operators,
        agencies=twilio.agencies,
        caller_id=twilio.caller_id,
        ring_s=twilio.ring_seconds,
        wait_s=twilio.operators_wait_seconds,
    )


def voices_of(twilio: TwilioSettings, languages: Mapping[str, Language]) -> dict[str, Voice]:
    """The synthetic voices, by language: those of the settings, else of the language's own file."""
    own = {code: one.twilio_voice for code, one in languages.items() if one.twilio_voice}
    given = {"ar": twilio.voice_ar, "en": twilio.voice_en, **own, **twilio.voices}
    return {language: Voice(*voice.split(" ", 1)) for language, voice in given.items()}


def _answers(engine: sa.Engine) -> bool:
    with engine.connect() as connection:
        return connection.scalar(sa.select(1)) == 1
