"""The policy of screening: what it says, what another would have done, and switching it on.

A new policy is tried on the recorded calls before anybody meets it. Only what was tried, against
the file as it still is, can be switched on; where this process may not write the file, the page
says how it is done by hand.
"""

import base64
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import structlog
from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from blacklist.policy_load import PolicyWrong
from blacklist.replay.report import report
from blacklist.replay.run import Replay, replay
from blacklist.replay.tally import Tally
from call_handlers.recorded_calls import allowed_numbers, count_recorded, recorded_calls
from console.access import may, needs, person
from console.house import House
from console.policies import Overtaken, as_lines, can_write, checked, sum_of, write, written

log = structlog.get_logger()

MOST_CALLS = 200_000
"""Recorded calls that a page replays: about twenty seconds. The command takes any number."""
DAYS = (7, 30, 90)
_TRIED = "tried_policy"


def add_views(made: Blueprint, house: House) -> None:
    """The policy, its replay, and its switch."""

    def page(status: int = 200, **told_of: Any) -> Response:
        text = written(house)
        known: dict[str, Any] = {"typed": text, "days": 30, "every": DAYS, "faults": []}
        known |= {"figures": None, "figure": "", "tried": "", "writes": can_write(house)}
        page = render_template("pages/blocklist/policy.html", **(known | told_of))
        return Response(page, status=status)

    @made.get("/blocklist/policy")
    @needs("policy.read")
    def policy() -> Response:
        return page()

    @made.post("/blocklist/policy/replay")
    @needs("policy.read")
    def replayed() -> Response:
        typed, days = request.form.get("policy", ""), request.form.get("days", 30, int)
        days = days if days in DAYS else 30
        told_of: dict[str, Any] = {"typed": typed, "days": days}
        session.pop(_TRIED, None)
        try:
            policies = {"today": house.register.policy, "new": checked(as_lines(typed))}
        except PolicyWrong as error:
            return page(422, faults=str(error).splitlines(), **told_of)
        since = house.now() - timedelta(days=days)
        calls = count_recorded(house.engine, since)
        if calls > MOST_CALLS:
            many = _("There are %(calls)d calls in that time: take fewer days, or the command "
                     "`hotline blacklist replay`.", calls=calls)  # fmt: skip
            return page(422, faults=[many], **told_of)
        allowed = allowed_numbers(house.engine, house.now())
        runs = {name: Replay(one, allowed) for name, one in policies.items()}
        for _done in replay(recorded_calls(house.engine, since), *runs.values()):
            pass
        tallies = {name: run.tally for name, run in runs.items()}
        figures = report(tallies)
        told_of["tried"] = _keep(house, as_lines(typed), days, figures)
        drawn = _drawn(tallies) if calls else ""
        return page(figures=figures, figure=drawn, **told_of)

    @made.post("/blocklist/policy/switch-on")
    @needs("policy.change")
    def switched_on() -> AnyResponse:
        text = as_lines(request.form.get("policy", ""))
        tried = session.get(_TRIED) or {}
        if not tried or tried["sum"] != sum_of(text) or tried["by"] != person().name:
            return page(409, typed=text, faults=[_("Try this policy on the recorded calls first.")])
        mistakes = house.roles.in_the_way()
        if mistakes:
            other = _("Other files have mistakes, and nothing was changed:")
            return page(409, typed=text, faults=[other, *mistakes])
        try:
            new = checked(text)
            write(house, text, new, person(), tried["figures"], against=tried["against"])
        except Overtaken:
            meanwhile = _("Somebody has changed the policy since you tried this one: try it again.")
            return page(409, typed=text, faults=[meanwhile])
        except PolicyWrong as error:
            return page(422, typed=text, faults=str(error).splitlines())
        except OSError as error:
            log.error("policy_not_written", error=type(error).__name__)
            return page(503, typed=text, faults=[_("The file of the policy could not be written.")])
        session.pop(_TRIED, None)
        log.info("policy_switched_on", version=new.version)
        _tell(house)
        return redirect(url_for("blocklist.policy"))


def _keep(house: House, text: str, days: int, figures: Mapping[str, Any]) -> str:
    """Remember what was tried; the text, where this reader may switch it on, and else nothing."""
    before = written(house)
    if not may("policy.change") or text == before:
        return ""
    shown = {"calls": figures["calls"], "days": days}
    shown |= {name: figures["changes"][name] for name in ("harder", "milder")}
    shown["genuine_touched"] = figures["policies"]["new"]["genuine"]["touched"]
    known = {"sum": sum_of(text), "against": sum_of(before), "by": person().name}
    session[_TRIED] = {**known, "figures": shown}
    return text


def _tell(house: House) -> None:
    """Have this machine's roles go by it, and say which do not."""
    answers = house.roles.tell()
    missed = sorted({role for role, well in answers if not well})
    if missed:
        flash(_("It is written, but these do not go by it yet: %(roles)s. See `hotline reload`.",
                roles=", ".join(missed)), "warning")  # fmt: skip
    elif answers:
        flash(_("It is switched on: the next call is screened by it."), "success")
    else:
        flash(_("It is written. No role runs on this machine: each takes it up when it starts."),
              "warning")  # fmt: skip


def _drawn(tallies: Mapping[str, Tally]) -> str:
    """The figure of `hotline blacklist replay`, for an image's address; empty where none can be."""
    if find_spec("matplotlib") is None:
        return ""
    from blacklist.replay.plot import draw

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "replay.png"
        draw(tallies, path)
        return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
