"""The policy of screening: what it says, and what another would have done to the recorded calls.

A new policy is tried here before anybody meets it. It is switched on where it stands: by the file
`config/screening.yaml` and `hotline reload`, which a page that others reach is not given to write.
"""

import base64
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from blacklist.policy import Policy
from blacklist.policy_load import PolicyWrong, load_policy
from blacklist.replay.report import report
from blacklist.replay.run import Replay, replay
from blacklist.replay.tally import Tally
from call_handlers.recorded_calls import allowed_numbers, count_recorded, recorded_calls
from console.access import needs
from console.house import House

MOST_CALLS = 200_000
"""Recorded calls that a page replays: about twenty seconds. The command takes any number."""
DAYS = (7, 30, 90)


def add_views(made: Blueprint, house: House) -> None:
    """The policy, and its replay."""

    def page(status: int = 200, **told_of: Any) -> Response:
        text = house.policy_file.read_text(encoding="utf-8")
        known: dict[str, Any] = {"typed": text, "days": 30, "every": DAYS, "faults": []}
        known |= {"figures": None, "figure": ""}
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
        try:
            policies = {"today": house.register.policy, "new": _read(typed)}
        except PolicyWrong as error:
            return page(422, faults=str(error).splitlines(), **told_of)
        since = house.now() - timedelta(days=days)
        calls = count_recorded(house.engine, since)
        if not calls:
            return page(422, faults=[_("There are no recorded calls in that time.")], **told_of)
        if calls > MOST_CALLS:
            many = _("There are %(calls)d calls in that time: take fewer days, or the command "
                     "`hotline blacklist replay`.", calls=calls)  # fmt: skip
            return page(422, faults=[many], **told_of)
        allowed = allowed_numbers(house.engine, house.now())
        runs = {name: Replay(one, allowed) for name, one in policies.items()}
        for _done in replay(recorded_calls(house.engine, since), *runs.values()):
            pass
        tallies = {name: run.tally for name, run in runs.items()}
        return page(figures=report(tallies), figure=_drawn(tallies), **told_of)


def _read(text: str) -> Policy:
    """The policy that was typed. Raises PolicyWrong, each fault with its line."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "screening.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            return load_policy(path)
        except PolicyWrong as error:
            raise PolicyWrong(str(error).replace(f"{folder}/", "")) from None
        except ValueError as error:
            raise PolicyWrong(f"screening.yaml: {error}") from None


def _drawn(tallies: Mapping[str, Tally]) -> str:
    """The figure of `hotline blacklist replay`, for an image's address; empty where none can be."""
    if find_spec("matplotlib") is None:
        return ""
    from blacklist.replay.plot import draw

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "replay.png"
        draw(tallies, path)
        return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
