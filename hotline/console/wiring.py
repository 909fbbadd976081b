"""The console's application from the services of a process."""

from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from urllib.parse import urlsplit

from flask import Blueprint, Flask

from call_handlers.people_line.watch import QueueWatch
from console.api import blueprint as api
from console.api.every import resources
from console.api.recordings import Recordings
from console.app import create_console
from console.house import Air, House, Provider, Serving
from console.ticket_room import NotBuilt, TicketRoom
from hotline.announcing import sound_of, templates, texts_of
from hotline.bootstrap import Services
from hotline.console.taking_up import Roles
from hotline.doctor.check import Check
from hotline.environment import SettingsWrong
from hotline.kept_secret import console_secret
from hotline.queues import watched_queues
from hotline.register import make_register
from hotline.setting_groups import ConsoleSettings
from hotline.settings import Settings
from hotline.world import beside_tickets, concerned_by
from tickets.catalogue import load_departments, load_sub_municipalities
from tickets.destination import Destination
from tickets.destinations.mail.told import Names

_HERE = ("127.0.0.1", "localhost", "[::1]")


def make_console(services: Services) -> Flask:
    """The console of these services. Raises AssetsMissing, OSError, and what wrong files raise."""
    house = house_of(services)
    return create_console(house, serving_of(services.settings), make_api(services, house))


def make_api(services: Services, house: House) -> Blueprint:
    """The HTTP API."""
    released = version("hotline-940")
    return api.blueprint(
        api.Collaborators(
            house.register, house.recordings, services.zone, released, once=house.redis
        ),
        resources(house),
    )


def house_of(services: Services) -> House:
    """What its pages read and change. It connects when a page is opened."""
    engine, now = services.engine(), partial(datetime.now, UTC)
    settings = services.settings
    return House(
        engine=engine,
        redis=services.slow_redis,
        register=make_register(services, beside_calls=True),
        zone=services.zone,
        now=now,
        url=settings.console.url,
        policy_file=settings.config_dir / "screening.yaml",
        roles=Roles(services),
        air=_air(services),
        recordings=Recordings(engine, settings.recordings, settings.retention.recordings_days, now),
        parts=partial(_parts, services),
        tickets=_ticket_room(services),
        waiting=QueueWatch(watched_queues(settings)).look,
    )


def _parts(services: Services) -> list[Check]:
    from hotline.doctor.roles import all_checks  # it brings much along, and few ask for it

    return list(all_checks(services))


def _air(services: Services) -> Air:
    return Air(
        languages=tuple(services.flow.languages),
        hours=lambda: services.files.hours,
        templates=partial(templates, services),
        check=partial(texts_of, services),
        sound=partial(_sound, services),
    )


def _sound(services: Services, language: str, text: str) -> bytes:
    from voice.wav import AudioError

    try:
        return sound_of(services, language, text)
    except AudioError as error:
        raise ValueError(str(error)) from None


def _ticket_room(services: Services) -> TicketRoom:
    settings, folder = services.settings, services.settings.config_dir
    areas = load_sub_municipalities(folder / "sub_municipalities.yaml")
    entries, routes = services.destinations.entries, services.destinations.routes

    def destination(name: str) -> Destination | None:
        try:
            return services.outbound.offices.get(name)
        except SettingsWrong as error:
            raise NotBuilt("; ".join(error.problems)) from None

    return TicketRoom(
        told=routes.after,
        concerned=concerned_by(services),
        beside=beside_tickets(services),
        names=Names(services.zone, services.services, areas),
        departments=load_departments(folder / "services.yaml"),
        gateway=settings.sms.gateway != "none",
        jurisdiction=settings.jurisdiction,
        kinds={name: entry.kind for name, entry in entries.items()},
        destination=destination,
    )


def serving_of(settings: Settings) -> Serving:
    """How it is served."""
    console = settings.console
    named = urlsplit(console.url).hostname or ""
    return Serving(
        secret=console_secret(console.secret, settings.state_dir),
        hosts=tuple(dict.fromkeys((named, *_HERE))),
        secure=console.url.startswith("https://"),
        proxies=console.proxies or (1 if console.public_url else 0),  # TLS ends before us
        idle_s=console.idle_minutes * 60,
        longest_s=console.session_hours * 3600,
        two_factor=console.second_factor == "required"
        or (console.second_factor == "auto" and bool(console.public_url)),
        provider=_provider(console),
    )


def _provider(console: ConsoleSettings) -> Provider | None:
    if not console.oidc_issuer:
        return None
    return Provider(
        issuer=console.oidc_issuer,
        client_id=console.oidc_client_id,
        client_secret=console.oidc_client_secret.get_secret_value(),
        roles=console.oidc_roles,
        scope=f"openid email profile {console.oidc_groups_claim}",
        groups_claim=console.oidc_groups_claim,
    )
