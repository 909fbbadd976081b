"""The codes of inside telephones over FastAGI, on a real database and a real Redis."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from structlog.testing import capture_logs

from agi_scripts.codes import make_code_scripts
from agi_scripts.server import FastAgiServer
from blacklist.record.standing import Standing
from call_handlers.arrival import Arrival, Facts
from call_handlers.inside import NUMBERS, REASONS
from call_handlers.records import Record, write_records
from hotline.bootstrap import Services
from hotline.codes import make_inside_desk
from hotline.register import make_register
from hotline.settings import Settings
from lab.callers.asterisk_model import Act, ChannelModel, HangUp, Listening, Press, Silent
from lab.callers.fake_asterisk import FakeAsterisk, environment_lines
from people.audit import history
from people.person import Person, Role
from people.pins import set_pin
from tests.fixtures.agi import stub_sounds
from tests.fixtures.house import house_of
from tests.fixtures.processes import free_tcp_port
from tests.fixtures.tickets import database_url, engine

__all__ = ["database_url", "engine"]

MAHA = Person("maha", "manager")
NUMBER = "+966501234567"
UNIQUE = "1795510800.7"
CALL = Arrival("asterisk", UNIQUE).call_id


@dataclass
class Centre:
    """A FastAGI server with the codes, and telephones that dial them."""

    services: Services
    server: tuple[str, int]
    heard: tuple[str, ...] = ()
    done: str = ""

    def dial(self, code: str, *acts: Act | str, extension: str = "op-1", last: str = "") -> str:
        """Live one dialog, a text being an entry; the last prompt heard."""
        left = list(acts)

        def person(_listening: Listening) -> Act:
            act = left.pop(0) if left else HangUp()
            return Press(act) if isinstance(act, str) else act

        return self._script(ChannelModel(person), "inside", code, extension, last)

    def strike(self, digit: str, *, extension: str = "op-1", unique: str = UNIQUE) -> str:
        """An operator's code in a call; the prompt that confirms it."""
        return self._script(ChannelModel(lambda _: HangUp()), "strike", unique, digit, extension)

    def _script(self, channel: ChannelModel, script: str, *arguments: str) -> str:
        environment = environment_lines("unknown", 0)
        FakeAsterisk([self.server]).agi(self.server, script, arguments, channel, environment)
        self.done = channel.variables.get("IVR_DONE", "")
        self.heard = (*(file for listening, _ in channel.acts for file in listening.files),)
        self.heard += tuple(channel.heard)
        return self.heard[-1].rpartition("/")[2] if self.heard else ""

    def pin(self, role: Role, name: str = "amal") -> str:
        """What a new person keys, with the key that ends it."""
        now = datetime.now(UTC)
        keyed, _ = set_pin(self.services.engine(), name=name, role=role, by=MAHA, now=now)
        return f"{keyed}#"

    def standing(self, number: str = NUMBER) -> Standing:
        """How a number stands in the record."""
        return make_register(self.services).standing(number)


Open = Callable[..., Centre]


@pytest.fixture
def open_centre(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Open]:
    """Makes centres; `redis_at` is another Redis, `telephones` says who sits where."""
    opened: list[tuple[Services, FastAgiServer]] = []

    def make(redis_at: str = redis_url, telephones: tuple[tuple[str, str], ...] = ()) -> Centre:
        services = house_of(
            Settings(
                redis_url=SecretStr(redis_at),
                database_url=SecretStr(database_url),
                state_dir=tmp_path,
                telephones=telephones,
            )
        )
        scripts = make_code_scripts(make_inside_desk(services), stub_sounds(), language="ar")
        server = FastAgiServer("127.0.0.1", 0, scripts)
        opened.append((services, server))
        server.start()
        return Centre(services, ("127.0.0.1", server.port))

    yield make
    for services, server in opened:
        server.stop()
        services.close()


@pytest.fixture
def centre(open_centre: Open) -> Centre:
    """A centre whose stores are empty."""
    return open_centre()


def recorded(engine: sa.Engine, *, e164: str | None = NUMBER, unique: str = UNIQUE) -> None:
    """The call that an operator has, or had, on the line."""
    facts = Facts(
        call_id=Arrival("asterisk", unique).call_id,
        channel="asterisk",
        provider_id=unique,
        caller=e164 or "",
        e164=e164,
        withheld=e164 is None,
        attestation="",
        flow="940",
        flow_version="1",
        verdict="allow",
        verdict_reason="",
        screening="ok",
        started_ms=1_795_510_800_000,
    )
    write_records(engine, [Record(facts)])


def test_a_supervisor_adds_a_number(centre: Centre) -> None:
    """PIN, number, right, reason: blocked for as long as the policy lets a supervisor."""
    pin = centre.pin("supervisor")
    assert centre.dial("add", pin, "0501234567#", "1", "2") == "code_blocked"
    assert centre.done == "hangup"
    entry = centre.standing().entry
    assert entry is not None
    assert (entry.reason, entry.disposition) == ("false_report", "block")
    assert entry.who == "amal, extension op-1"
    assert entry.note == "by telephone, extension op-1"
    assert entry.until is not None
    assert entry.until - entry.added_at == timedelta(days=30)
    spoken = [file.rpartition("/")[2] for file in centre.heard]
    assert spoken == ["code_pin", "code_number", "code_read_back", "code_reason", "code_blocked"]


def test_the_next_call_of_an_added_number_is_screened(centre: Centre) -> None:
    """The index knows it at once."""
    centre.dial("add", centre.pin("supervisor"), "0501234567#", "1", "4")
    (item,) = make_register(centre.services).index.entries()
    assert (item.subject, item.holds[0].disposition) == (NUMBER, "block")


def test_a_number_is_removed_and_what_is_not_there_is_said(centre: Centre) -> None:
    """By *31, in another spelling."""
    pin = centre.pin("supervisor")
    centre.dial("add", pin, "0501234567#", "1", "1")
    assert centre.dial("remove", pin, "00966501234567#", "1") == "code_removed"
    assert centre.standing().entry is None
    assert centre.dial("remove", pin, "0501234567#", "1") == "code_not_blocked"
    told = history_of(centre, NUMBER)
    assert told == [("lifted", "amal, extension op-1"), ("added", "amal, extension op-1")]


def history_of(centre: Centre, number: str) -> list[tuple[str, str]]:
    """Changes to a number: what, by whom."""
    with centre.services.engine().connect() as connection:
        return [(change.action, change.who) for change in history(connection, number, limit=9)]


def test_the_last_caller_of_the_telephone_is_added_with_the_call_as_evidence(
    centre: Centre, engine: sa.Engine
) -> None:
    """Read back first, so nobody is blocked by a slip."""
    recorded(engine)
    pin = centre.pin("supervisor")
    assert centre.dial("last", pin, "1", "4", last=UNIQUE) == "code_blocked"
    entry = centre.standing().entry
    assert entry is not None
    assert (entry.reason, entry.calls) == ("abuse", (CALL,))


@pytest.mark.parametrize(
    ("last", "told"),
    [
        ("", "code_no_caller"),
        (UNIQUE, "code_no_caller"),
        ("1795510800.8", "code_failed"),
        ("../../etc", "code_failed"),
        ("x" * 500, "code_failed"),
    ],
)
def test_without_a_last_caller_who_showed_a_number_nobody_is_added(
    centre: Centre, engine: sa.Engine, last: str, told: str
) -> None:
    """None yet and withheld: there is none. A call whose record is not there yet: not now."""
    recorded(engine, e164=None)
    assert centre.dial("last", centre.pin("supervisor"), last=last) == told


def test_another_number_than_the_last_callers_is_asked_for(
    centre: Centre, engine: sa.Engine
) -> None:
    """Key 2 at the read-back; then the call is no evidence."""
    recorded(engine)
    pin = centre.pin("supervisor")
    heard = centre.dial("last", pin, "2", "0507654321#", "1", "4", last=UNIQUE)
    assert heard == "code_blocked"
    assert centre.standing().entry is None
    entry = centre.standing("+966507654321").entry
    assert entry is not None
    assert entry.calls == ()


@pytest.mark.parametrize("code", ["add", "remove"])
def test_an_operators_pin_is_not_enough(centre: Centre, code: str) -> None:
    """Only a supervisor blocks, and lifts a block."""
    assert centre.dial(code, centre.pin("operator"), "0501234567#", "1") == "code_not_allowed"
    assert centre.standing().entry is None


@pytest.mark.parametrize("number", ["940", "911", "997", "0966"])
def test_what_may_never_be_blocked_is_refused_or_no_number(centre: Centre, number: str) -> None:
    """The hotline, agencies; a part of a number is asked for again."""
    heard = centre.dial("add", centre.pin("supervisor"), f"{number}#", HangUp())
    assert heard in ("code_refused", "code_number")
    assert "code_read_back" not in " ".join(centre.heard)


def test_three_wrong_numbers_end_the_dialog(centre: Centre) -> None:
    """And change nothing."""
    heard = centre.dial("add", centre.pin("supervisor"), "05012#", "05013#", "05014#")
    assert heard == "goodbye"


def test_the_dialog_ends_when_one_number_after_another_is_keyed(centre: Centre) -> None:
    """Key 2 at the read-back leads round, but not for ever."""
    keyed = [act for _ in range(NUMBERS) for act in ("0501234567#", "2")]
    assert centre.dial("add", centre.pin("supervisor"), *keyed, "0501234567#") == "goodbye"
    assert sum(file.endswith("code_read_back") for file in centre.heard) == NUMBERS


def test_a_wrong_reason_is_asked_again(centre: Centre) -> None:
    """There are six."""
    pin = centre.pin("supervisor")
    assert centre.dial("add", pin, "0501234567#", "1", "7", "0", "6") == "code_blocked"
    entry = centre.standing().entry
    assert entry is not None
    assert entry.reason == "flood"


def test_silence_and_wrong_keys_end_the_dialog_after_three_each(centre: Centre) -> None:
    """Counted apart, as in every dialog here."""
    assert centre.dial("add", Silent(), Silent(), "12#", "13#", Silent()) == "goodbye"


def test_three_wrong_pins_end_the_dialog_and_five_shut_the_telephone_out(centre: Centre) -> None:
    """A right one is of no use then; another telephone goes on."""
    pin = centre.pin("supervisor")
    assert centre.dial("add", "100111222#", "100111223#", "100111224#") == "goodbye"
    assert centre.dial("add", "100111225#", "100111226#") == "code_locked"
    assert centre.dial("add", pin) == "code_locked"
    assert centre.dial("add", pin, extension="op-2") == "code_number"


def test_a_revoked_pin_opens_nothing(centre: Centre) -> None:
    """Whoever left."""
    old = centre.pin("supervisor")
    centre.pin("supervisor")
    assert centre.dial("add", old, HangUp()) == "code_pin"


def test_no_pin_and_no_number_is_logged(centre: Centre) -> None:
    """At any level."""
    pin = centre.pin("supervisor")
    with capture_logs() as logs:
        centre.dial("add", "100407193#", pin, "0501234567#", "1", "1")
        centre.strike("1")
    assert logs
    assert not any(secret in repr(logs) for secret in ("407193", pin[3:-1], "501234567"))


def test_the_telephone_is_named_however_long_the_persons_name_is(centre: Centre) -> None:
    """It is the name that is cut."""
    pin = centre.pin("supervisor", name="a" * 100)
    telephone = "b" * 40
    centre.dial("add", pin, "0501234567#", "1", "1", extension=telephone)
    entry = centre.standing().entry
    assert entry is not None
    assert entry.who == f"{'a' * 48}, extension {telephone}"


def test_tries_while_the_database_is_away_shut_nobody_out(
    centre: Centre, engine: sa.Engine
) -> None:
    """Their PINs were not looked at."""
    pin = centre.pin("supervisor")
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE pins RENAME TO lost")
    assert [centre.dial("add", pin) for _ in range(6)] == ["code_failed"] * 6
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE lost RENAME TO pins")
    assert centre.dial("add", pin) == "code_number"


def test_with_redis_away_no_pin_opens_anything(open_centre: Open) -> None:
    """The wrong ones could not be counted."""
    centre = open_centre(f"redis://127.0.0.1:{free_tcp_port()}")
    assert centre.dial("add", centre.pin("supervisor")) == "code_failed"


def test_a_strike_lands_on_the_caller_on_the_line(centre: Centre, engine: sa.Engine) -> None:
    """With the reason, the call and the telephone; the second one of the day does not count."""
    recorded(engine)
    assert centre.strike("3") == "code_struck"
    (strike,) = centre.standing().strikes
    assert (strike.reason, strike.operator) == ("malicious_complaint", "extension op-1")
    assert strike.call_id == CALL
    assert centre.strike("1") == "code_struck_before"
    assert len(centre.standing().strikes) == 1
    assert centre.strike("1", extension="op-2") == "code_struck"
    assert len(centre.standing().strikes) == 2


def test_who_sits_at_a_telephone_strikes_as_the_person_who_has_a_token(
    open_centre: Open, engine: sa.Engine
) -> None:
    """By the settings; at a telephone that nobody is named for it may be that person as well."""
    centre = open_centre(telephones=(("op-1", "Amal"),))
    recorded(engine)
    register = make_register(centre.services)
    assert register.strike(NUMBER, by=Person("amal", "operator"), reason="abuse").counted
    assert centre.strike("1") == "code_struck_before"
    assert centre.strike("1", extension="op-2") == "code_struck_before"
    assert centre.strike("1", extension="op-3") == "code_struck"
    assert [strike.operator for strike in centre.standing().strikes] == ["amal", "extension op-3"]


def test_the_digits_are_the_reasons_of_the_hotline() -> None:
    """Operators have them on a card."""
    assert REASONS == {
        1: "harassment",
        2: "false_report",
        3: "malicious_complaint",
        4: "abuse",
        5: "silent_call",
        6: "flood",
    }


def test_a_caller_without_a_number_is_not_struck(centre: Centre, engine: sa.Engine) -> None:
    """There is nothing to strike."""
    recorded(engine, e164=None)
    assert centre.strike("1") == "code_no_number"


@pytest.mark.parametrize(
    ("digit", "extension", "unique"),
    [
        ("7", "op-1", UNIQUE),
        ("0", "op-1", UNIQUE),
        ("", "op-1", UNIQUE),
        ("²", "op-1", UNIQUE),
        ("٣", "op-1", UNIQUE),
        ("1", "", UNIQUE),
        ("1", "op 1", UNIQUE),
        ("1", "op-1", ""),
        ("1", "op-1", "1795510800.8"),
    ],
)
def test_a_strike_that_is_none_is_said_to_have_failed(
    centre: Centre, engine: sa.Engine, digit: str, extension: str, unique: str
) -> None:
    """No such reason, no such telephone, no such call."""
    recorded(engine)
    assert centre.strike(digit, extension=extension, unique=unique) == "code_failed"
    assert centre.standing().strikes == ()


def test_a_tampered_environment_strikes_nobody(centre: Centre, engine: sa.Engine) -> None:
    """A newline in a caller's name writes arguments of its own: the dialplan asks elsewhere."""
    recorded(engine)
    channel = ChannelModel(lambda _: HangUp())
    environment = environment_lines("unknown", 0) | {"agi_calleridname": "x\nno colon here"}
    arguments = (UNIQUE, "1", "op-1")
    FakeAsterisk([centre.server]).agi(centre.server, "strike", arguments, channel, environment)
    assert "IVR_DONE" not in channel.variables
    assert centre.standing().strikes == ()


def test_a_strike_while_redis_is_away_is_kept(open_centre: Open, engine: sa.Engine) -> None:
    """SQL is the record; the index is told later."""
    recorded(engine)
    centre = open_centre(f"redis://127.0.0.1:{free_tcp_port()}")
    assert centre.strike("1") == "code_struck"
    assert len(centre.standing().strikes) == 1


@pytest.mark.parametrize("code", ["", "block", "add\nremove"])
def test_an_unknown_code_is_no_dialog(centre: Centre, code: str) -> None:
    """The dialplan asks the next server."""
    assert centre.dial(code) == ""
    assert centre.done == ""
