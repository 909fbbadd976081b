"""The embedded stack: which roles run, in which order, with which settings."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from embedded.asterisk.install import AsteriskUnavailable, find_asterisk
from embedded.asterisk.instance import AsteriskInstance
from embedded.asterisk.layout import Layout
from embedded.asterisk.places import SOUNDS_INSIDE
from embedded.child import ChildSpec, role
from embedded.redis_child import redis_child
from host.inherited import OF_DATABASES, OF_RECOGNISERS
from host.life import LONGEST_SILENCE_S
from hotline.answering import agi_answers
from hotline.asterisk_access import manager_access
from hotline.probes import http_answers, sip_answers
from hotline.setting_groups import ConsoleSettings, WebSettings
from hotline.settings import PREFIX, ROTATED_FILE, SECRET_NAMES, Settings
from store.redis_socket import embedded_redis_url

_SELDOM_S = 2.0
"""How often what no caller waits for at this moment is asked whether it answers."""
_SILENT_S = 30.0
"""How long nothing may answer SIP: whoever calls then hears nothing at all."""
_STAGE_CALLS, _STAGE_AGI, _STAGE_DELIVERY, _STAGE_BACKOFFICE = 10, 20, 30, 40
_STORES = ("REDIS_URL", "DATABASE_URL")
_AMI = "HOTLINE_AMI__SECRET"
_CONSOLE = ("HOTLINE_CONSOLE__SECRET", "HOTLINE_CONSOLE__OIDC_CLIENT_SECRET", _AMI)
_OFFICE = ("HOTLINE_BACKOFFICE__SECRETS", ROTATED_FILE)
_CARRIER = ("HOTLINE_TWILIO__AUTH_TOKEN", "HOTLINE_TWILIO__SECONDARY_AUTH_TOKEN")
_MESSAGES = ("HOTLINE_SMS__BEARER", "HOTLINE_SMS__BASIC")
EMBEDDED_AMI = "127.0.0.1"
"""Where the embedded Asterisk is asked who waits, unless settings say otherwise."""
_TOGETHER = "once the stores are there"


def stack_children(
    settings: Settings, *, with_asterisk: bool, with_web: bool = True
) -> list[ChildSpec]:
    """The children of `hotline serve`, in the order of their start. Webhooks need the web.

    Asterisk comes last, so that no call comes in before there is somebody to lead it; it is stopped
    first, and its calls are led to their end before the servers go. The database must be at the
    newest revision. Raises RedisMissing.
    """
    env = to_environment(settings)
    env.setdefault("REDIS_URL", embedded_redis_url(settings.state_dir))
    if with_asterisk:
        env[f"{PREFIX}AGI__SOUNDS_PREFIX"] = SOUNDS_INSIDE
        env.setdefault(f"{PREFIX}AMI__HOSTS", EMBEDDED_AMI)
        layout = _layout(settings)
        env[f"{PREFIX}AGI__RECORDINGS_PREFIX"] = layout.inside("spool", "recordings")
        root = find_asterisk(settings.cache_dir)
        if root is not None:
            spool = layout.outside(root, "spool", "recordings")
            env[f"{PREFIX}AGI__RECORDINGS_DIR"] = str(spool)
    children = [redis_child(settings.state_dir)] if settings.redis_url is None else []
    children += _delivery_children(settings, env)
    children += _agi_children(settings, env)
    if with_web or settings.twilio.configured:
        children.append(_web_child(settings, env))
    if with_web:
        children.append(_console_child(settings, env))
    if with_asterisk:
        children.append(
            ChildSpec(
                name="asterisk",
                argv=role("asterisk", "run"),
                env=_only(env, _AMI),
                ready=lambda: sip_answers(settings.sip.host, settings.sip.port),
                ready_seconds=60.0,
                probe=lambda: sip_answers(settings.sip.host, settings.sip.port),
                probe_seconds=_SELDOM_S,
                hung_seconds=_SILENT_S,  # its calls end with it
                stop_stage=_STAGE_CALLS,
                stop_seconds=settings.agi.drain_seconds + 10.0,
            )
        )
    return children


def _only(env: dict[str, str], *secrets: str) -> dict[str, str]:
    """`env` with no other secrets than these."""
    hidden = (SECRET_NAMES | {ROTATED_FILE}) - set(secrets)
    return {name: env[name] for name in env if name not in hidden}


def _delivery_children(settings: Settings, env: dict[str, str]) -> Iterator[ChildSpec]:
    ports = settings.metrics
    health = f"http://{settings.backoffice.host}:{settings.backoffice.port}/healthz"
    yield ChildSpec(
        name="backoffice",
        argv=role("backoffice"),
        takes_hangup=True,
        env=_only(env, *_OFFICE),
        ready=lambda: http_answers(health),
        probe=lambda: http_answers(health),
        probe_seconds=_SELDOM_S,
        start_with=_TOGETHER,
        stop_stage=_STAGE_BACKOFFICE,
    )
    metrics = ("--metrics-port", str(ports.relay_port)) if ports.enabled else ()
    yield _delivering("relay", role("relay", *metrics), _only(env, *_STORES))
    for number in range(1, settings.deliveries.workers + 1):
        metrics = ()
        if ports.enabled and number == 1:
            metrics = ("--metrics-port", str(ports.worker_port))
        needed = _only(env, *_STORES, *_OFFICE, *_CARRIER, *_MESSAGES)
        child = _delivering(f"worker-{number}", role("worker", *metrics), needed)
        # An attempt under way may be a message that goes out: it is heard to its end.
        yield replace(
            child,
            inherits=(*OF_DATABASES, *OF_RECOGNISERS),
            stop_seconds=settings.deliveries.lease_seconds,
        )


def _delivering(name: str, argv: tuple[str, ...], env: dict[str, str]) -> ChildSpec:
    return ChildSpec(
        name,
        argv,
        env,
        inherits=OF_DATABASES,
        tells=True,
        takes_hangup=True,
        ready_seconds=60.0,  # until its first sign
        hung_seconds=LONGEST_SILENCE_S,
        start_with=_TOGETHER,
        stop_stage=_STAGE_DELIVERY,
    )


def _agi_children(settings: Settings, env: dict[str, str]) -> Iterator[ChildSpec]:
    host = settings.agi.host
    for number, port in enumerate(settings.agi.ports):
        metrics: tuple[str, ...] = ()
        if settings.metrics.enabled and number < len(settings.metrics.agi_ports):
            metrics = ("--metrics-port", str(settings.metrics.agi_ports[number]))
        yield ChildSpec(
            name=f"agi-{number + 1}",
            argv=role("agi", "--port", str(port), *metrics),
            takes_hangup=True,
            env=_only(env, *_STORES),
            inherits=OF_DATABASES,
            ready=partial(agi_answers, host, port),
            probe=partial(agi_answers, host, port),
            hung_seconds=3.0,
            start_with=_TOGETHER,
            stop_stage=_STAGE_AGI,
            stop_seconds=settings.agi.drain_seconds + 5.0,
        )


def _web_child(settings: Settings, env: dict[str, str]) -> ChildSpec:
    needed = _only(env, *_STORES, *_CARRIER)
    return _serving_child("web", settings.web, needed, _STAGE_AGI)


def _console_child(settings: Settings, env: dict[str, str]) -> ChildSpec:
    # The queue at Twilio is asked by its REST API.
    queued = settings.twilio.configured and settings.twilio.operators.startswith("queue:")
    needed = _only(env, *_STORES, *_CONSOLE, *(_CARRIER[:1] if queued else ()))
    child = _serving_child("console", settings.console, needed, _STAGE_BACKOFFICE)
    return replace(child, hung_seconds=_SILENT_S)  # no call waits for it


def _serving_child(
    name: str, at: WebSettings | ConsoleSettings, env: dict[str, str], stop_stage: int
) -> ChildSpec:
    """A role that serves HTTP, and says by that how it is."""
    health = f"http://{at.host}:{at.port}/healthz"
    return ChildSpec(
        name=name,
        argv=role(name),
        takes_hangup=True,
        env=env,
        inherits=OF_DATABASES,
        ready=lambda: http_answers(health),
        probe=lambda: http_answers(health),
        probe_seconds=_SELDOM_S,
        start_with=_TOGETHER,
        stop_stage=stop_stage,
        stop_seconds=at.drain_seconds + 5.0,
    )


def asterisk_instance(
    settings: Settings, *, globals: Mapping[str, str] | None = None, keep: bool = True
) -> AsteriskInstance:
    """The embedded Asterisk of these settings, not yet started.

    Its folders outlive it with `keep`. Raises AsteriskUnavailable where none is installed, OSError.
    """
    root = find_asterisk(settings.cache_dir)
    if root is None:
        raise AsteriskUnavailable("no Asterisk here: run `make setup` as root on Debian")
    layout = _layout(settings)
    return AsteriskInstance(
        root,
        layout.folder_name,
        config=settings.config_dir / "asterisk",
        sip_port=layout.sip_port,
        rtp_range=layout.rtp_range,
        agi_a=layout.agi_a,
        agi_b=layout.agi_b,
        sounds_source=settings.sounds,
        globals=globals,
        access=manager_access(settings),
        keep=keep,
    )


def _layout(settings: Settings) -> Layout:
    """The same for every process that has the same state folder."""
    name = hashlib.sha256(os.fsencode(settings.state_dir.absolute())).hexdigest()[:8]
    ports = settings.agi.ports
    return Layout(
        f"s{name}",
        settings.sip.port,
        (settings.sip.rtp_first, settings.sip.rtp_last),
        f"{settings.agi.host}:{ports[0]}",
        f"{settings.agi.host}:{ports[1 % len(ports)]}",
        settings.sip.host,
    )


def to_environment(settings: Settings) -> dict[str, str]:
    """The settings as the environment that gives them: for child processes of our own only."""
    env: dict[str, str] = {}
    for name, value in _set_fields(settings):
        if name == "home":
            continue  # its parts are given one by one; a child is not to read all secrets anew
        if name in ("redis_url", "database_url"):
            if value is not None:
                env[name.upper()] = _text(value)
        elif isinstance(value, BaseModel):
            for inner, part in _set_fields(value):
                if part is not None:
                    env[f"{PREFIX}{name}__{inner}".upper()] = _text(part)
        elif value is not None:
            env[f"{PREFIX}{name}".upper()] = _text(value)
    if settings.backoffice.secrets_file is not None:
        del env[ROTATED_FILE.removesuffix("_FILE")]  # it is read there, also when it has changed
    return {name: value for name, value in env.items() if value != ""}


def _set_fields(model: BaseModel) -> Iterator[tuple[str, Any]]:
    for name in type(model).model_fields:
        yield name, getattr(model, name)


def _text(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Path):
        return str(value.absolute())
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, tuple | list):
        return ",".join(_text(part) for part in value)
    return str(value)
