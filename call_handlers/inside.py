"""What inside telephones do to the blocklist: `*30`, `*31`, `*32`, and the strikes of `*35`.

The dialog is a flow (`config/flows/inside.yaml`) on the engine that callers meet too. Nothing of it
is stored: these are no calls of citizens, and a PIN is nobody else's. What is changed stands in the
blocklist's own audit, under the person and the telephone.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from blacklist.entry import AGENCIES, HOTLINE, MISUSE, EntryRefused
from blacklist.numbers import normalise
from blacklist.policy import Policy
from blacklist.record.fields import Evidence
from blacklist.record.limits import Wanted
from call_handlers.given import spoken_number
from ivr.contract import EffectContract, by_name
from ivr.engine import begin, step
from ivr.event import Done, Event
from ivr.flow import WRONG, Flow
from ivr.session import Session
from ivr.turn import Perform, Turn
from people.identity import at_telephone
from people.person import NotAllowed, Person

log = structlog.get_logger()

REASONS = dict(enumerate(MISUSE, start=1))
"""The reasons by the digit that operators press after `*35`, in the order of services."""
CODES = frozenset({"add", "remove", "last"})
_WHO = ("pin", "name", "role")
_WHOSE = ("name", "role", "extension")
CONTRACTS = by_name(
    (
        EffectContract(
            "check_pin",
            {"number": _WHO, "caller": _WHO, WRONG: (), "locked": (), "failed": ()},
            needs=("pin", "code", "extension"),
        ),
        EffectContract(
            "last_caller",
            {"found": ("number", "e164", "last_e164"), "none": (), "failed": ()},
            needs=("last_call",),
        ),
        EffectContract(
            "check_number",
            {"known": ("number", "e164", "numbers"), WRONG: (), "give_up": (), "refused": ()},
            needs=("keyed",),
        ),
        EffectContract(
            "change",
            {"reason": (), "removed": (), "not_there": (), "not_allowed": (), "failed": ()},
            needs=("code", "e164", *_WHOSE),
        ),
        EffectContract(
            "add_number",
            {"added": ("days",), WRONG: (), "refused": (), "not_allowed": (), "failed": ()},
            needs=("reason", "e164", "code", "last_call", *_WHOSE),
        ),
    )
)
"""The effects that the flow of inside telephones may ask for."""
NUMBERS = 5
"""Whole numbers that may be keyed, and heard read back, in one dialog."""
EXTENSION = re.compile(r"[A-Za-z0-9_.-]{1,40}")
"""The name of a telephone: an endpoint of our own configuration."""
_FAILED = "failed"
_DAY_S = 86_400


class PinsClosed(Exception):
    """Too many wrong PINs: nobody is let in from here for a while."""


class PinsUnavailable(Exception):
    """Whether a PIN is right cannot be known now."""


class Register(Protocol):
    """The blocklist's record. See `blacklist.record.register.BlacklistRegister`."""

    policy: Policy

    def add(self, raw: str, wanted: Wanted, *, by: Person, evidence: Evidence | None = None) -> Any:
        """Restrict a number."""

    def remove(self, raw: str, *, by: Person, why: str = "") -> Any:
        """Lift its restriction; None when there was none."""

    def strike(self, raw: str, *, by: Person, reason: str, call_id: str = "") -> Any:
        """Note one person's word against a number."""


CheckPin = Callable[[str, str], Person | None]
"""Whose PIN was keyed, on which telephone; None: nobody's. Raises PinsClosed, PinsUnavailable."""
FindCaller = Callable[[str], str | None]
"""The caller's number (E.164) of the call of this id; None when it showed none.

Raises LookupError when there is no such call, and SQLAlchemyError.
"""


@dataclass(frozen=True, slots=True)
class InsideCall:
    """One dialog as it stands. Its answers hold the PIN until it is checked: never written down."""

    session: Session
    turn: Turn


@dataclass(frozen=True, slots=True)
class InsideDesk:
    """Leads inside telephones. Everything it needs is handed in by the composition root.

    `whose` names the one person who sits at a telephone, where that is known.
    """

    flow: Flow
    register: Register
    check_pin: CheckPin
    find_caller: FindCaller
    whose: Mapping[str, str] = field(default_factory=dict)

    def begin(self, code: str, extension: str, last_call: str = "") -> InsideCall:
        """The first turn after `*30` (`add`), `*31` (`remove`) or `*32` (`last`).

        `last_call` is the id of the last call that this telephone answered. Raises ValueError for
        another code, and for what is no extension.
        """
        if code not in CODES or not EXTENSION.fullmatch(extension):
            raise ValueError("no such code, or no such telephone")
        answers = {"code": code, "extension": extension, "last_call": last_call}
        return self._settled(*begin(self.flow, last_call, answers=answers))

    def advance(self, call: InsideCall, event: Event) -> InsideCall:
        """The next turn, after `event`."""
        return self._settled(*step(self.flow, call.session, event))

    def strike(self, call_id: str, digit: str, extension: str) -> str:
        """Note a strike on the caller of a call, by who talks to them; the prompt that says so.

        Strikes of one person on one number count once a day, as the policy says. Where nobody is
        known to sit at the telephone, it may be anybody's who strikes by name.
        """
        reason = REASONS.get(int(digit)) if digit.isascii() and digit.isdecimal() else None
        if reason is None or not EXTENSION.fullmatch(extension):
            return "code_failed"
        try:
            number = self.find_caller(call_id)
            if number is None:
                return "code_no_number"
            name = at_telephone(extension, self.whose.get(extension, ""))
            by = Person(name, "operator")
            struck = self.register.strike(number, by=by, reason=reason, call_id=call_id)
        except EntryRefused:
            return "code_refused"
        except (LookupError, SQLAlchemyError) as error:
            log.error("strike_failed", error=type(error).__name__)
            return "code_failed"
        log.info("caller_struck", call_id=call_id, reason=reason, extension=extension)
        return "code_struck" if struck.counted else "code_struck_before"

    def _settled(self, session: Session, turn: Turn) -> InsideCall:
        while isinstance(turn.action, Perform):
            done = self._effects[turn.action.effect](session)
            said = turn.prompts
            session, turn = step(self.flow, session, done)
            turn = replace(turn, prompts=(*said, *turn.prompts))
        return InsideCall(session, turn)

    @property
    def _effects(self) -> Mapping[str, Callable[[Session], Done]]:
        return {
            "check_pin": self._check_pin,
            "last_caller": self._last_caller,
            "check_number": self._check_number,
            "change": self._change,
            "add_number": self._add_number,
        }

    def _check_pin(self, session: Session) -> Done:
        answers = session.answers
        try:
            person = self.check_pin(answers["pin"], answers["extension"])
        except PinsClosed:
            return Done("locked")
        except (PinsUnavailable, SQLAlchemyError) as error:
            log.error("pin_not_checked", error=type(error).__name__)
            return Done(_FAILED)
        if person is None:
            return Done(WRONG)
        who = {"pin": "", "name": person.name, "role": person.role}
        return Done("caller" if answers["code"] == "last" else "number", who)

    def _last_caller(self, session: Session) -> Done:
        last = session.answers["last_call"]
        try:
            number = self.find_caller(last) if last else None
        except (LookupError, SQLAlchemyError) as error:  # a record that waits is not there yet
            log.error("last_caller_not_found", error=type(error).__name__)
            return Done(_FAILED)
        if number is None:
            return Done("none")
        return Done("found", _number(number) | {"last_e164": number})

    def _check_number(self, session: Session) -> Done:
        keyed = session.answers["keyed"]
        if keyed == HOTLINE or keyed in AGENCIES:
            return Done("refused")
        number = normalise(keyed)
        if number.e164 is None:
            return Done(WRONG)
        numbers = int(session.answers.get("numbers", "0")) + 1
        if numbers > NUMBERS:
            return Done("give_up")
        return Done("known", _number(number.e164) | {"numbers": str(numbers)})

    def _change(self, session: Session) -> Done:
        """Remove the number, or go on to the reason for adding it."""
        by = _person(session)
        if session.answers["code"] != "remove":
            return Done("reason" if by.at_least("supervisor") else "not_allowed")
        try:
            removed = self.register.remove(session.answers["e164"], by=by, why=_by_code(session))
        except NotAllowed:
            return Done("not_allowed")
        except SQLAlchemyError as error:
            log.error("code_failed", code="remove", error=type(error).__name__)
            return Done(_FAILED)
        return Done("not_there" if removed is None else "removed")

    def _add_number(self, session: Session) -> Done:
        reason = REASONS.get(int(session.answers["reason"]))
        if reason is None:
            return Done(WRONG)
        days = self._days()
        wanted = Wanted(reason, days=days, note=_by_code(session))
        number, last = session.answers["e164"], session.answers.get("last_e164")
        calls = (session.answers["last_call"],) if number == last else ()
        try:
            self.register.add(number, wanted, by=_person(session), evidence=Evidence(calls=calls))
        except EntryRefused:
            return Done("refused")
        except NotAllowed:
            return Done("not_allowed")
        except SQLAlchemyError as error:
            log.error("code_failed", code=session.answers["code"], error=type(error).__name__)
            return Done(_FAILED)
        return Done("added", {"days": str(max(1, round(days)))})

    def _days(self) -> float:
        """How long the policy lets a supervisor block."""
        steps = self.register.policy.strikes.steps
        step = next((one for one in steps if one.disposition == "block"), None)
        return (step or self.register.policy.strikes.again).seconds / _DAY_S


def _number(e164: str) -> dict[str, str]:
    return {"number": spoken_number(e164), "e164": e164}


def _person(session: Session) -> Person:
    return Person(session.answers["name"], session.answers["role"])  # type: ignore[arg-type]  # checked by Person


def _by_code(session: Session) -> str:
    return f"by telephone, extension {session.answers['extension']}"
