"""compose.yaml and .env.example are held against the settings: none is forgotten."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from hotline.main import COMMANDS
from hotline.settings import SECRET_NAMES, load_settings
from tests.unit.settings.test_readme import names

ROOT = Path(__file__).parents[3]
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = YAML(typ="safe").load(ROOT / "compose.yaml")
SERVICES: dict[str, Any] = COMPOSE["services"]
ROLES = ("agi-1", "agi-2", "web", "console", "worker", "relay", "backoffice")
NOT_THERE = {
    "HOTLINE_HOME": "the image's own, where ./940 is mounted",
    "HOTLINE_STATE_DIR": "follows from it",
    "HOTLINE_CONFIG_DIR": "follows from it",
    "HOTLINE_SOUNDS_DIR": "follows from it",
    "HOTLINE_CACHE_DIR": "of the embedded Asterisk",
    "HOTLINE_SIP__HOST": "of the embedded Asterisk",
    "HOTLINE_SIP__PORT": "of the embedded Asterisk",
    "HOTLINE_SIP__RTP_FIRST": "of the embedded Asterisk",
    "HOTLINE_SIP__RTP_LAST": "of the embedded Asterisk",
    "HOTLINE_DELIVERIES__WORKERS": "of `hotline serve`; here: docker compose up --scale worker=2",
    "HOTLINE_METRICS__AGI_PORTS": "the commands of compose.yaml name them",
    "HOTLINE_METRICS__WORKER_PORT": "the commands of compose.yaml name them",
    "HOTLINE_METRICS__RELAY_PORT": "the commands of compose.yaml name them",
    "HOTLINE_WEB__PORT": "inside a container; compose.yaml says where it is published",
    "HOTLINE_CONSOLE__PORT": "likewise",
    "HOTLINE_BACKOFFICE__PORT": "likewise",
}
"""Settings that neither file gives, and why."""
KEYS = frozenset(
    {
        *("image", "build", "entrypoint", "command", "environment", "env_file", "user", "volumes"),
        *("tmpfs", "read_only", "cap_add", "cap_drop", "security_opt", "logging", "healthcheck"),
        *("ports", "profiles", "restart", "depends_on", "stop_grace_period"),
    }
)
"""The words of the Compose Specification that are used here."""
_LINE = re.compile(r"^#?([A-Z][A-Z_]+)=(.*)$", re.MULTILINE)


def _fixed() -> set[str]:
    """What compose.yaml itself sets for the roles."""
    return {name for role in ROLES for name in SERVICES[role]["environment"]}


def test_every_setting_is_given_or_left_out_for_a_reason() -> None:
    """A new setting must be thought of here too."""
    lines = {name for name, _ in _LINE.findall(EXAMPLE)}
    given = lines | _fixed()
    assert names() - given == NOT_THERE.keys()
    files = {f"{name}_FILE" for name in SECRET_NAMES}
    assert given - names() - files == {"COMPOSE_PROFILES"}
    assert lines & _fixed() == set(), "compose.yaml would not let it be changed"


def test_the_example_is_read_without_a_mistake_as_it_is_and_in_full() -> None:
    """Whoever takes the sign of a comment away gets what the settings take."""
    live = dict(re.findall(r"^([A-Z][A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
    every = {**dict(_LINE.findall(EXAMPLE)), **live}
    for found in (live, every):
        given = {
            name: value
            for name, value in found.items()
            if name != "COMPOSE_PROFILES" and not name.endswith("_FILE") and value
        }
        settings = load_settings({**given, **SERVICES["agi-1"]["environment"]})
        assert settings.agi.host == "0.0.0.0"


def test_what_the_example_shows_is_what_the_settings_are() -> None:
    """A number or a word that is commented out is the default."""
    shown = load_settings({})
    for name, value in re.findall(
        r"^#HOTLINE_([A-Z_]+)=([0-9]+|true|false|[a-z]+)$", EXAMPLE, re.M
    ):
        if name in {"EMERGENCY_LINES", "BACKOFFICE__ACKNOWLEDGEMENT"}:
            continue  # examples: there is no default
        group, _, field = name.lower().partition("__")
        part = getattr(shown, group)
        is_now = getattr(part, field) if field else part
        assert str(is_now).lower().removesuffix(".0") == value, name


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_its_settings_ends_its_log_and_can_be_seen_to_live(role: str) -> None:
    """All of them by the same few lines."""
    service = SERVICES[role]
    assert service["command"][0] in COMMANDS
    assert service["env_file"] == [".env"]
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert "curl" not in str(service["healthcheck"]), "the image has none"
    assert "./940:/srv/940" in service["volumes"]


@pytest.mark.parametrize(
    ("role", "drain_s"),
    [
        ("agi-1", load_settings({}).agi.drain_seconds),
        ("agi-2", load_settings({}).agi.drain_seconds),
        ("web", load_settings({}).web.drain_seconds),
        ("console", load_settings({}).console.drain_seconds),
        ("worker", load_settings({}).deliveries.lease_seconds),
    ],
)
def test_a_role_may_finish_what_is_under_way(role: str, drain_s: float) -> None:
    """Docker kills whoever takes longer."""
    seconds = float(SERVICES[role]["stop_grace_period"].removesuffix("s"))
    assert seconds > drain_s + 10


def test_the_audio_of_prompts_is_hidden_by_no_volume() -> None:
    """A named volume keeps what it had when it was made, whatever the image brings."""
    assert set(COMPOSE["volumes"]) == {"redis"}


def test_no_key_is_misspelt_and_no_service_waits_for_one_that_is_not_there() -> None:
    """Docker would say so only where somebody starts it."""
    for service in SERVICES.values():
        assert service.keys() <= KEYS
        assert service.get("depends_on", {}).keys() <= SERVICES.keys()
        for volume in service["volumes"]:
            source = volume.partition(":")[0]
            assert source.startswith((".", "/")) or source in COMPOSE["volumes"]
