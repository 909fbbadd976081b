"""Checks of the roles that serve HTTP: whether each answers, and by a way that is safe."""

from collections.abc import Callable, Iterator

import httpx

from hotline.bootstrap import Services
from hotline.doctor.check import Check
from hotline.probes import http_answers
from hotline.setting_groups import ConsoleSettings, WebSettings


def web(services: Services) -> Iterator[Check]:
    """Whether the web application answers."""
    yield _served("web", services.settings.web)


def console(services: Services) -> Iterator[Check]:
    """Whether the console answers, and only by a way that passwords may go."""
    at = services.settings.console
    if at.is_open:
        found = "others reach its host, and there is no public address"
        yield Check("console", False, found, "set HOTLINE_CONSOLE__PUBLIC_URL, TLS in front")
        return
    yield _served("console", at)


def _served(role: str, at: WebSettings | ConsoleSettings) -> Check:
    passed = answers(lambda: http_answers(f"http://{at.host}:{at.port}/healthz"))
    found = f"{at.host}:{at.port} {'answers' if passed else 'does not answer'}"
    return Check(role, passed, found, f"start `hotline {role}` or `hotline serve`")


def web_of_twilio(services: Services) -> Iterator[Check]:
    """Whether it answers, where the whole stack has one."""
    if services.settings.twilio.configured:
        yield from web(services)


def answers(ask: Callable[[], bool]) -> bool:
    """Whether it says so; one that cannot be asked does not."""
    try:
        return ask()
    except (OSError, httpx.HTTPError):
        return False
