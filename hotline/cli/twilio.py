"""`hotline twilio`: set the number up at Twilio, and see whether it still is."""

import json
import re
import sys
from dataclasses import asdict
from typing import NoReturn

import rich_click as click

from carriers.twilio_number import AccountTrouble, Difference, NumberAtTwilio, wanted
from hotline.bootstrap import Services
from hotline.environment import SettingsWrong
from hotline.providers import twilio_account
from hotline.settings import Settings

PLACEHOLDER = "+966000000000"
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def _e164(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _E164.fullmatch(value):
        raise click.BadParameter("give it as +966… with digits alone")
    return value


@click.group("twilio")
def twilio_group() -> None:
    """The number at Twilio: configure, check, and the fallback file.

    Exit status: 0 done and as it should be, 1 a difference or no answer, 2 settings to mend.
    """


@twilio_group.command("configure")
@click.option("--number", required=True, callback=_e164, help="Our number, as +966…")
@click.pass_obj
def twilio_configure(services: Services, number: str) -> None:
    """Set the number's voice URL, fallback URL and status callback."""
    settings = services.settings
    try:
        changed = _number(settings, number).set(_wanted(settings))
    except AccountTrouble as error:
        _fail(error)
    for one in changed:
        click.echo(f"{one.name}: {_shown(one.found)} -> {_shown(one.wanted)}")
    click.echo(f"{number} is set up" if changed else f"{number} was set up already")


@twilio_group.command("check")
@click.option("--number", required=True, callback=_e164, help="Our number, as +966…")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a difference")
@click.pass_obj
def twilio_check(services: Services, number: str, as_json: bool) -> None:
    """Compare the number at Twilio with what it should be; print each difference."""
    settings = services.settings
    try:
        found = _number(settings, number).differences(_wanted(settings))
    except AccountTrouble as error:
        _fail(error)
    for one in found:
        click.echo(json.dumps(asdict(one)) if as_json else _line(one))
    if found:
        sys.exit(1)
    if not as_json:
        click.echo(f"{number} is as it should be")


@twilio_group.command("fallback")
@click.option("--operators", required=True, callback=_e164, help="Their number, as +966…")
@click.option("--caller-id", callback=_e164, help="Our number, shown to them; else the caller's")
@click.pass_obj
def twilio_fallback(services: Services, operators: str, caller_id: str | None) -> None:
    """Print the fallback TwiML with the operators' number in place, to be published elsewhere.

    Without --caller-id they see who calls, and who shows no number may not get through to them.
    """
    path = services.settings.config_dir / "twilio" / "fallback.xml"
    text = path.read_text(encoding="utf-8").replace(PLACEHOLDER, operators)
    if caller_id:
        text = text.replace("<Dial ", f'<Dial callerId="{caller_id}" ')
    click.echo(text, nl=False)


def _number(settings: Settings, number: str) -> NumberAtTwilio:
    """Raises SettingsWrong for all that is unset at once."""
    twilio = settings.twilio
    given = {
        "TWILIO_ACCOUNT_SID": twilio.account_sid,
        "TWILIO_AUTH_TOKEN": twilio.auth_token.get_secret_value(),
        "HOTLINE_TWILIO__PUBLIC_URL": twilio.public_url,
        "HOTLINE_TWILIO__FALLBACK_URL": twilio.fallback_url,
    }
    unset = [f"{name} is not set" for name, value in given.items() if not value]
    account = None if unset else twilio_account(settings)
    if account is None:
        raise SettingsWrong(unset)
    return NumberAtTwilio(account, number)


def _wanted(settings: Settings) -> dict[str, str]:
    return wanted(settings.twilio.public_url, settings.twilio.fallback_url)


def _line(one: Difference) -> str:
    return f"{one.name}: is {_shown(one.found)}, should be {_shown(one.wanted)}"


def _shown(value: str) -> str:
    return value or "(empty)"


def _fail(error: AccountTrouble) -> NoReturn:
    click.echo(str(error), err=True)
    sys.exit(1)
