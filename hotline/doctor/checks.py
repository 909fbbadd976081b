"""What a call needs, checked one by one: each check says what it found, and the mend."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import redis
from sqlalchemy.exc import SQLAlchemyError

from agi_scripts.hosts import MEND
from blacklist.layout import trunk_key
from carriers.exchange import ExchangeFailed, asked
from embedded.asterisk.install import find_asterisk
from host.disk import usage
from host.life import LONGEST_SILENCE_S, seen
from hotline.asterisk_hosts import unnamed_hosts
from hotline.bootstrap import Services
from hotline.doctor.check import Check
from hotline.doctor.database_checks import database_checks
from hotline.environment import SettingsWrong
from hotline.menu import all_findings, flows
from hotline.providers import check_providers
from hotline.stack import agi_answers, http_answers, sip_answers
from tickets.health import read_health
from tickets.lateness import LATE_S
from tickets.outbox import oldest_waiting
from voice.ready import check as check_audio

_COUNT = "return redis.call('SET', KEYS[1], '', 'EX', 1)"
_TAKE_WRITES = (
    "make Redis take writes (the primary? memory, disk, replicas, the user's rights): until then "
    "floods are counted in each process alone, and sessions and jobs are not kept"
)


def all_checks(services: Services) -> Iterator[Check]:
    """Run every check, in the order in which a call would meet what is checked."""
    settings = services.settings
    found = f"state in {settings.state_dir}, configuration in {settings.config_dir}"
    yield Check("settings", True, found)
    for name, check in _CHECKS:
        yield from guarded(name, partial(check, services))


def guarded(name: str, checks: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """The checks; one that breaks is a check that failed, and never the end."""
    try:
        yield from checks()
    except Exception as error:
        yield Check(name, False, f"{type(error).__name__}: {error}".split("\n")[0])


def _menu(services: Services) -> Iterator[Check]:
    findings = all_findings(services)
    told = "; ".join(
        f"flow {flow.name} version {flow.version}, {len(flow.nodes)} nodes"
        for flow in flows(services)
    )
    found = f"{told}; {len(findings)} findings"
    first = f"{findings[0]}; more by `hotline flow lint`" if findings else ""
    yield Check("flow", not findings, found, first)


def _prompts(services: Services) -> Iterator[Check]:
    catalogue = services.catalogue
    missing = check_audio(catalogue, services.settings.sounds)
    for language in services.flow.languages:
        there = len(catalogue.inventory(language))
        lost = sum(1 for item in missing if item.language == language)
        found = f"{there - lost} of {there} sounds"
        yield Check(f"prompts {language}", lost == 0, found, "run `hotline prompts build`")


def redis_checks(services: Services) -> Iterator[Check]:
    """Whether Redis answers, keeps what it has, and counts calls."""
    mend = "start `hotline serve`, or set REDIS_URL"
    try:
        client = services.slow_redis
        version = client.info("server")["redis_version"]
        policy = client.config_get("maxmemory-policy").get("maxmemory-policy", "")
        append = client.config_get("appendonly").get("appendonly", "")
    except redis.exceptions.RedisError as error:
        yield Check("redis", False, f"does not answer: {type(error).__name__}", mend)
        return
    yield Check("redis", True, f"version {version}")
    safe = policy == "noeviction" and append == "yes"
    yield Check(
        "redis keeps its data",
        safe,
        f"maxmemory-policy {policy}, appendonly {append}",
        "set maxmemory-policy noeviction and appendonly yes: an LRU policy drops jobs silently",
    )
    try:
        client.eval(_COUNT, 1, trunk_key("doctor"))
    except redis.exceptions.RedisError as error:
        refused = str(error).partition(".")[0]
        yield Check("redis counts calls", False, f"no: {refused}", _TAKE_WRITES)
    else:
        yield Check("redis counts calls", True, "it takes what screening writes")


def _late(services: Services) -> Iterator[Check]:
    try:
        age = oldest_waiting(services.engine())
    except SQLAlchemyError:
        return  # told already
    mend = "look at `hotline deliveries list --state failed`, relay and workers"
    found = "none waits" if age is None else f"waits for {age:.0f} s"
    yield Check("oldest delivery", age is None or age <= LATE_S, found, mend)


def _rounds(services: Services) -> Iterator[Check]:
    """Each role of this machine that no port can be asked of is asked for its last round."""
    for role in seen(services.settings.state_dir):
        passed = role.ago_s <= LONGEST_SILENCE_S
        found = f"process {role.pid}, all rounds made {role.ago_s:.0f} s ago"
        yield Check(role.role, passed, found, "end it: its supervisor starts it again")


def _agi(services: Services) -> Iterator[Check]:
    settings = services.settings.agi
    for port in settings.ports:
        where = f"{settings.host}:{port}"
        passed = _answers(lambda port=port: agi_answers(settings.host, port))  # type: ignore[misc]
        found = f"{where} {'answers' if passed else 'does not answer'}"
        yield Check("fastagi", passed, found, "start `hotline agi` or `hotline serve`")


def _hosts(services: Services) -> Iterator[Check]:
    try:
        found = unnamed_hosts(services.slow_redis)
    except redis.exceptions.RedisError:
        return  # told already
    name, mend = "asterisk hosts", f"on each: {MEND}"
    if found.refused:
        shown = (
            f"{found.refused} has no systemname and is refused beside {found.seated or 'another'}"
        )
        yield Check(name, False, shown, mend)
    elif found.seated:
        yield Check(name, True, f"{found.seated} has no systemname; a second would be refused")
    else:
        yield Check(name, True, "none without a systemname")


def _asterisk(services: Services) -> Iterator[Check]:
    root = find_asterisk(services.settings.cache_dir)
    sip = services.settings.sip
    answers = _answers(lambda: sip_answers(sip.host, sip.port))
    where = f"{sip.host}:{sip.port}"
    if answers:
        yield Check("asterisk", True, f"SIP answers on {where}")
        return
    kind = "installed, but" if root else "not installed here, and"
    mend = "start `hotline serve`" if root else "run `make setup` as root on Debian"
    yield Check("asterisk", False, f"{kind} nothing answers SIP on {where}", mend)


def _backoffice(services: Services) -> Iterator[Check]:
    url = services.settings.backoffice.url
    parts = urlsplit(url)
    health = f"{parts.scheme}://{parts.netloc}/healthz"
    passed = _answers(lambda: _status(health) == 200) or _answers(lambda: _status(url) < 500)
    found = f"{parts.netloc} {'answers' if passed else 'does not answer'}"
    yield Check("back office", passed, found, "check HOTLINE_BACKOFFICE__URL, or start it")


def _destinations(services: Services) -> Iterator[Check]:
    try:
        found = read_health(services.engine())
    except SQLAlchemyError:
        return  # told already
    mend = "see `hotline deliveries list --state failed`; mend the receiver, or its settings"
    for one in found:
        yield Check("deliveries", not one.ill, str(one), mend)


def _providers(services: Services) -> Iterator[Check]:
    settings = services.settings
    try:
        check_providers(settings)
    except SettingsWrong as error:
        yield Check("providers", False, "; ".join(error.problems), "see README.md, Settings")
        return
    account = "an account at Twilio" if settings.twilio.account_sid else "none at Twilio"
    yield Check("providers", True, f"{account}, text messages: {settings.sms.gateway}")


def _web(services: Services) -> Iterator[Check]:
    twilio, web = services.settings.twilio, services.settings.web
    if not twilio.configured:
        yield Check("twilio", True, "not configured: every webhook is refused")
        return
    secure = twilio.public_url.startswith("https://")
    yield Check("twilio", secure, f"at {twilio.public_url}", "give an https:// address")
    passed = _answers(lambda: http_answers(f"http://{web.host}:{web.port}/healthz"))
    found = f"{web.host}:{web.port} {'answers' if passed else 'does not answer'}"
    yield Check("web", passed, found, "start `hotline web` or `hotline serve`")


def _disk(services: Services) -> Iterator[Check]:
    folder = services.settings.state_dir
    found, disk = usage(folder), services.settings.disk
    enough = not found.filling(disk.alert_percent)
    yield Check("disk", enough, str(found), "make room: recordings stop first, tickets last")
    if any(role.role == "relay" for role in seen(folder)):  # who keeps it
        kept = services.reserve.whole
        told = f"{disk.reserve_mb} MB {'kept for tickets' if kept else 'were needed or not had'}"
        yield Check("disk reserve", kept, told, "make room for it")
    shown = str(folder)
    yield Check("state folder", os.access(_there(folder), os.W_OK), shown, "make it writable")


def _there(folder: Path) -> Path:
    folder = folder.absolute()
    return folder if folder.exists() else _there(folder.parent)


def _status(url: str) -> int:
    """Of another's server, whatever its answer drips: in two seconds, or ExchangeFailed."""
    with asked(httpx.Request("GET", url), 2.0) as reply:
        return reply.status


def _answers(ask: Callable[[], bool]) -> bool:
    try:
        return ask()
    except (OSError, httpx.HTTPError, httpx.InvalidURL, ExchangeFailed):
        return False


_CHECKS: tuple[tuple[str, Callable[[Services], Iterator[Check]]], ...] = (
    ("flow", _menu),
    ("prompts", _prompts),
    ("redis", redis_checks),
    ("database", database_checks),
    ("oldest delivery", _late),
    ("rounds", _rounds),
    ("fastagi", _agi),
    ("asterisk", _asterisk),
    ("asterisk hosts", _hosts),
    ("back office", _backoffice),
    ("deliveries", _destinations),
    ("web", _web),
    ("providers", _providers),
    ("disk", _disk),
)
