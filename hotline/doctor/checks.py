"""What a call needs, checked one by one: each check says what it found, and the mend.

Which role needs which is in `hotline.doctor.roles`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx
import redis
from sqlalchemy.exc import SQLAlchemyError

from agi_scripts.hosts import MEND
from blacklist.layout import trunk_key
from carriers.exchange import ExchangeFailed, asked
from embedded.asterisk.install import find_asterisk
from host.life import LONGEST_SILENCE_S, Seen, seen
from hotline.answering import agi_answers
from hotline.asterisk_hosts import unnamed_hosts
from hotline.bootstrap import Services
from hotline.doctor.check import Check
from hotline.doctor.serving_checks import answers
from hotline.environment import SettingsWrong
from hotline.menu import all_findings, flows
from hotline.probes import sip_answers
from hotline.providers import check_providers
from hotline.studio import outdated_takes
from hotline.unchanged import unchanged
from hotline.voices_heard import heard_ways
from tickets.health import read_health
from tickets.lateness import LATE_S
from tickets.outbox import oldest_waiting
from voice.ready import check as check_audio

_ONLY_POST = HTTPStatus.NOT_IMPLEMENTED
_SIGNED_S = 300.0
"""For how long a receiver takes a signature (Standard Webhooks, "Verifying signatures")."""
_COUNT = "return redis.call('SET', KEYS[1], '', 'EX', 1)"
_TAKE_WRITES = (
    "make Redis take writes (the primary? memory, disk, replicas, the user's rights): until then "
    "floods are counted in each process alone, and sessions and jobs are not kept"
)


def guarded(name: str, checks: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """The checks; one that breaks is a check that failed, and never the end."""
    try:
        yield from checks()
    except Exception as error:  # whatever it is, the other checks are made
        yield Check(name, False, f"{type(error).__name__}: {error}".split("\n")[0])


def menu(services: Services) -> Iterator[Check]:
    """Whether the flows, prompts and catalogues have nothing to mend."""
    findings = all_findings(services)
    told = "; ".join(
        f"flow {flow.name} version {flow.version}, {len(flow.nodes)} nodes"
        for flow in flows(services)
    )
    found = f"{told}; {len(findings)} findings"
    first = f"{findings[0]}; more by `hotline flow lint`" if findings else ""
    yield Check("flow", not findings, found, first)


def prompts(services: Services) -> Iterator[Check]:
    """Whether every sound is there."""
    catalogue = services.catalogue
    sounds = services.settings.sounds
    missing = unchanged(services, "missing sounds", lambda: check_audio(catalogue, sounds))
    for language in services.flow.languages:
        there = len(catalogue.inventory(language))
        lost = sum(1 for item in missing if item.language == language)
        found = f"{there - lost} of {there} sounds"
        yield Check(f"prompts {language}", lost == 0, found, "run `hotline prompts build`")


def voices(services: Services) -> Iterator[Check]:
    """Whether callers hear one voice, on each way on which they report."""
    ways = unchanged(services, "heard ways", lambda: heard_ways(services))
    old = [take.full_name for take in outdated_takes(services)]
    if old:
        shown = ", ".join(old[:3]) + (", …" if len(old) > 3 else "")
        found = f"{len(old)} takes say other words than their prompts do now: {shown}"
        mend = "`hotline prompts script --missing` has what to record"
        yield Check("takes", True, found, mend, warns=True)
    for language in services.flow.languages:
        of_it = [way for way in ways if way.language == language]
        mixed = [way for way in of_it if way.mixed]
        name = f"voice {language}"
        if not mixed:
            one = sorted({voice for way in of_it for voice in way.sounds.values()})
            yield Check(name, True, " and ".join(one) or "none")
            continue
        found = f"{mixed[0]} ({mixed[0].worst()}); {len(mixed)} of {len(of_it)} ways are mixed"
        yield Check(name, True, found, "`hotline prompts voices` lists all", warns=True)


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


def late(services: Services) -> Iterator[Check]:
    """How long the oldest ticket waits to be delivered."""
    try:
        age = oldest_waiting(services.engine())
    except SQLAlchemyError:
        return  # told already
    mend = "look at `hotline deliveries list --state failed`, relay and workers"
    found = "none waits" if age is None else f"waits for {age:.0f} s"
    yield Check("oldest delivery", age is None or age <= LATE_S, found, mend)


def rounds(services: Services) -> Iterator[Check]:
    """Each role of this machine that no port can be asked of is asked for its last round."""
    for role in seen(services.settings.state_dir):
        yield _made_rounds(role)


def role_makes_rounds(role: str, services: Services) -> Iterator[Check]:
    """Of one role alone, which should be here."""
    found = [one for one in seen(services.settings.state_dir) if one.role == role]
    if not found:
        yield Check(role, False, "none has a sign of life here", f"start `hotline {role}`")
    for one in found:
        yield _made_rounds(one)


def _made_rounds(role: Seen) -> Check:
    passed = role.ago_s <= LONGEST_SILENCE_S
    found = f"process {role.pid}, all rounds made {role.ago_s:.0f} s ago"
    return Check(role.role, passed, found, "end it: its supervisor starts it again")


def agi(services: Services) -> Iterator[Check]:
    """Whether the FastAGI servers answer."""
    settings = services.settings.agi
    for port in settings.ports:
        where = f"{settings.host}:{port}"
        passed = answers(partial(agi_answers, settings.host, port))
        found = f"{where} {'answers' if passed else 'does not answer'}"
        yield Check("fastagi", passed, found, "start `hotline agi` or `hotline serve`")


def hosts(services: Services) -> Iterator[Check]:
    """Whether every Asterisk has a name of its own."""
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


def asterisk(services: Services) -> Iterator[Check]:
    """Whether the embedded Asterisk answers."""
    root = find_asterisk(services.settings.cache_dir)
    sip = services.settings.sip
    heard = answers(lambda: sip_answers(sip.host, sip.port))
    where = f"{sip.host}:{sip.port}"
    if heard:
        yield Check("asterisk", True, f"SIP answers on {where}")
        return
    kind = "installed, but" if root else "not installed here, and"
    mend = "start `hotline serve`" if root else "run `make setup` as root on Debian"
    yield Check("asterisk", False, f"{kind} nothing answers SIP on {where}", mend)


def backoffice(services: Services) -> Iterator[Check]:
    """Whether the receiver of tickets answers, and whether its clock takes our signatures."""
    url = services.settings.backoffice.url
    parts = urlsplit(url)
    health = _asked(f"{parts.scheme}://{parts.netloc}/healthz")
    reply = health if health and health.status == 200 else _asked(url)
    # Who takes nothing but POST may answer so (RFC 9110, 15.6.2), and is there.
    passed = reply is not None and (
        reply.status < 500 or reply.status == HTTPStatus.NOT_IMPLEMENTED
    )
    found = f"{parts.netloc} {'answers' if passed else 'does not answer'}"
    yield Check("back office", passed, found, "check HOTLINE_BACKOFFICE__URL, or start it")
    if reply is not None and reply.ahead_s is not None:
        ahead = f"{abs(reply.ahead_s):.0f} s {'ahead of' if reply.ahead_s > 0 else 'behind'} ours"
        mend = "set the one that is wrong: a signature is good for five minutes"
        yield Check("clock of the back office", abs(reply.ahead_s) < _SIGNED_S / 2, ahead, mend)


def destinations(services: Services) -> Iterator[Check]:
    """Whether a destination is ill."""
    try:
        found = read_health(services.engine())
    except SQLAlchemyError:
        return  # told already
    mend = "see `hotline deliveries list --state failed`; mend the receiver, or its settings"
    for one in found:
        yield Check("deliveries", not one.ill, str(one), mend)


def providers(services: Services) -> Iterator[Check]:
    """Whether a worker could start with these settings."""
    settings = services.settings
    try:
        check_providers(settings)
    except SettingsWrong as error:
        yield Check("providers", False, "; ".join(error.problems), "see README.md, Settings")
        return
    account = "an account at Twilio" if settings.twilio.account_sid else "none at Twilio"
    yield Check("providers", True, f"{account}, text messages: {settings.sms.gateway}")


def twilio(services: Services) -> Iterator[Check]:
    """Whether Twilio is known by an address that is safe."""
    told = services.settings.twilio
    if not told.configured:
        yield Check("twilio", True, "not configured: every webhook is refused")
        return
    secure = told.public_url.startswith("https://")
    yield Check("twilio", secure, f"at {told.public_url}", "give an https:// address")


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    ahead_s: float | None
    """How far its clock (Date, RFC 9110 6.6.1: whole seconds) is ahead of ours."""


def _asked(url: str) -> _Answer | None:
    """What another's server answers, whatever it drips, within two seconds; None: nothing."""
    try:
        with asked(httpx.Request("GET", url), 2.0) as reply:
            try:
                theirs = parsedate_to_datetime(reply.headers.get("date", ""))
                ahead = (theirs - datetime.now(UTC)).total_seconds()
            except (TypeError, ValueError):
                return _Answer(reply.status, None)
            return _Answer(reply.status, ahead)
    except (OSError, httpx.HTTPError, httpx.InvalidURL, ExchangeFailed):
        return None
