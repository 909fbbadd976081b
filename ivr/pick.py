"""Menus made of data: the choices that an effect has found, some at a time.

An effect gives them as one answer (`told`), a JSON list of objects whose values are text: `Pick.of`
names it. What is not such a list is no choice at all, and only the menu's own keys are there.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ivr.flow import Pick, Say
from ivr.session import Session
from ivr.turn import Prompt

KEY = "key"
"""The value, in what is said of a choice, that is the key to press."""
RESUME, TRAIL = "resume_at", "resume_trail"
"""The answers by which an effect names the question to go on at, and the menus on the way there."""

Choice = Mapping[str, str]


def told(choices: Iterable[Choice]) -> str:
    """The answer that these choices are given as."""
    return json.dumps([dict(one) for one in choices], ensure_ascii=False, separators=(",", ":"))


def choices_of(answer: str) -> tuple[Choice, ...]:
    """The choices that an answer holds, in their order."""
    try:
        rows: Any = json.loads(answer)
    except ValueError:
        return ()
    if not isinstance(rows, list):
        return ()
    named = (row for row in rows if isinstance(row, dict))
    return tuple({str(name): str(value) for name, value in row.items()} for row in named)


def offered(session: Session, node: Pick) -> Mapping[str, Choice]:
    """The choices on offer now, by the keys that pick them."""
    found = choices_of(session.answers.get(node.of, ""))
    start = session.page * node.most
    return dict(zip(node.picks, found[start : start + node.most], strict=False))


def next_page(session: Session, node: Pick) -> int:
    """Where `further` leads: to the choices after these, or to the first."""
    there = len(choices_of(session.answers.get(node.of, "")))
    return session.page + 1 if (session.page + 1) * node.most < there else 0


def has_further(session: Session, node: Pick) -> bool:
    """Whether there are others than those on offer."""
    there = len(choices_of(session.answers.get(node.of, "")))
    return bool(node.further) and there > node.most


def told_of(session: Session, node: Pick) -> tuple[Prompt, ...]:
    """What is said of the choices on offer: each by its fields and its key."""
    said: list[Prompt] = []
    for key, choice in offered(session, node).items():
        values = {**session.answers, **choice, KEY: key}
        said += filled(node.each, values)
    if has_further(session, node):
        said += filled(node.further_say, {**session.answers, KEY: node.further})
    return (*said, *filled(node.then, session.answers))


def filled(says: Iterable[Say], values: Mapping[str, str]) -> tuple[Prompt, ...]:
    """What is said, with these values in it; what is optional only where all of its own are."""
    said: list[Prompt] = []  # a loop: this is done for every turn, and mostly of no value
    for say in says:
        if not say.values:
            said.append(Prompt(say.key, {}))
        elif not say.optional or all(values.get(name) for name in say.values):
            said.append(Prompt(say.key, {name: values.get(name, "") for name in say.values}))
    return tuple(said)
