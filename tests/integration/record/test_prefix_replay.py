"""A prefix is run over the recorded calls before anybody agrees to it: whom it touches."""

import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from blacklist.decision import Hold
from blacklist.entry import EntryRefused
from blacklist.record.fields import RecordedEntry
from blacklist.record.limits import Wanted
from blacklist.record.prefix_replay import PrefixReplay, RecordUnreadable, Touched
from blacklist.record.register import BlacklistRegister
from blacklist.replay.run import Replay, replay
from blacklist.replay.tally import WORSE_THAN_WARN
from blacklist.verdict import HARD_DISPOSITIONS, Disposition
from call_handlers.prefix_replay import replay_prefix
from call_handlers.recorded_calls import PAGE, allowed_numbers, recorded_calls
from hotline.register import make_register
from hotline.settings import Settings
from lab.own_postgres import own_database
from people.person import Person
from store.database import make_engine
from store.migrations import upgrade
from tests.fixtures.house import house_of
from tests.fixtures.record import MAHA, NADA, POLICY, Clock
from tests.fixtures.recorded import Kept, keep_calls
from tests.integration.record.test_import import imports

PREFIX = "+966501234"
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def ago(**time: float) -> datetime:
    """A moment before now."""
    return NOW - timedelta(**time)


def number(last: int) -> str:
    """A number of the prefix."""
    return f"{PREFIX}{last:03d}"


def looked_up(engine: sa.Engine, disposition: Disposition = "block") -> PrefixReplay:
    """What the prefix would have done."""
    return replay_prefix(engine, POLICY, PREFIX, disposition, NOW)


def test_genuine_and_nuisance_callers_are_told_apart(engine: sa.Engine) -> None:
    """By their tickets and their strikes; both at once is a family with a prankster."""
    keep_calls(
        engine,
        [
            Kept(number(1), ago(days=9), ticket=True),
            Kept(number(1), ago(days=8)),
            Kept(number(2), ago(days=7), operator="amal"),
            Kept(number(3), ago(days=6), ticket=True),
            Kept(number(3), ago(days=5), operator="amal"),
            Kept(number(4), ago(days=4)),
        ],
    )
    found = looked_up(engine)
    assert (found.days, found.calls, found.callers) == (90, 6, 4)
    assert found.with_rule == Touched(stopped=6, genuine=1, nuisance=1, shared=1, unknown=1)
    assert found.without_rule == Touched()


def test_what_todays_policy_does_by_itself_is_shown_beside(engine: sa.Engine) -> None:
    """A flooder is put last, and one who is struck again and again is stopped, without the rule."""
    flood = [Kept(number(1), ago(days=1, seconds=-second)) for second in range(28)]
    struck = [
        Kept(number(2), ago(days=20 - day), operator=operator)
        for day, operator in enumerate(("amal", "badr", "hind", "amal"))
    ]
    keep_calls(engine, [*flood, *struck])
    found = looked_up(engine)
    assert found.with_rule == Touched(stopped=32, nuisance=1, unknown=1)
    assert found.without_rule == Touched(stopped=1, nuisance=1, unknown=1)


@pytest.mark.parametrize(
    ("disposition", "touched"),
    [
        ("voicemail", Touched(stopped=1, genuine=1)),
        ("low_priority", Touched(genuine=1)),
        ("challenge", Touched(genuine=1)),
        ("warn", Touched()),
    ],
)
def test_a_milder_rule_stops_nobody(
    engine: sa.Engine, disposition: Disposition, touched: Touched
) -> None:
    """The replay is of the rule that is asked for."""
    keep_calls(engine, [Kept(number(1), ago(days=1), ticket=True)])
    assert looked_up(engine, disposition).with_rule == touched


def test_other_numbers_and_older_calls_are_left_out(engine: sa.Engine) -> None:
    """Neighbours of the prefix on both sides, and what lies before the ninety days."""
    near = ["+966501233567", "+966501235567", "+96650123", "+966501233999", "+9665012"]
    keep_calls(
        engine,
        [
            *(Kept(other, ago(days=1)) for other in near),
            Kept(number(0), ago(days=90, seconds=1)),
            Kept(number(0), ago(days=90)),
            Kept(number(999), ago(seconds=1)),
        ],
    )
    assert (looked_up(engine).calls, looked_up(engine).callers) == (2, 2)


def test_an_allowed_number_is_not_touched(register: BlacklistRegister, clock: Clock) -> None:
    """As when it calls."""
    keep_calls(register.engine, [Kept(number(1), ago(days=1), ticket=True)])
    register.allow(number(1), by=MAHA)
    found = looked_up(register.engine)
    assert (found.calls, found.with_rule) == (1, Touched())


@pytest.fixture(params=["sqlite", "postgresql with a collation of its own"])
def any_database(request: pytest.FixtureRequest, engine: sa.Engine) -> Iterator[sa.Engine]:
    """An empty, migrated database; on PostgreSQL one that sorts signs before digits."""
    if request.param == "sqlite":
        yield engine
        return
    sorted_by = ("TEMPLATE template0", "LOCALE_PROVIDER icu", "ICU_LOCALE 'en'")
    with own_database(request.getfixturevalue("postgres_server"), *sorted_by) as url:
        made = make_engine(url)
        upgrade(made)
        yield made
        made.dispose()


def test_it_is_the_same_as_replaying_every_call_of_the_city(any_database: sa.Engine) -> None:
    """The calls of other numbers change nothing for those of the prefix, and are not read."""
    chance = Random(940)
    callers = [number(last) for last in range(12)] + [f"+96650999{last:04d}" for last in range(30)]
    keep_calls(
        any_database,
        (
            Kept(
                chance.choice(callers),
                ago(minutes=40_000 - place * 8 + chance.random()),
                ticket=chance.random() < 0.2,
                operator=chance.choice(["amal", "badr", "hind"]) if chance.random() < 0.1 else "",
            )
            for place in range(PAGE + 1000)
        ),
    )
    rule = {PREFIX: Hold("block", "", 0, "")}
    ruled, free = Replay(POLICY, prefixes=rule), Replay(POLICY)
    for _ in replay(recorded_calls(any_database, ago(days=90)), ruled, free):
        pass
    found = looked_up(any_database)
    assert found.callers == 12
    for one, touched in ((ruled, found.with_rule), (free, found.without_rule)):
        own = [caller for caller in one.tally.callers.values() if caller.number.startswith(PREFIX)]
        assert touched.stopped == sum(c.calls[d] for c in own for d in HARD_DISPOSITIONS)
        worse = sum(caller.hardest in WORSE_THAN_WARN for caller in own)
        parts = touched.genuine + touched.nuisance + touched.shared + touched.unknown
        assert (parts, parts > 0) == (worse, True)


def test_memory_does_not_grow_with_callers(engine: sa.Engine) -> None:
    """Some pages of calls, however many numbers there are."""

    def peak() -> int:
        tracemalloc.start()
        try:
            looked_up(engine)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    keep_calls(engine, (Kept(number(last), ago(days=1)) for last in range(2 * PAGE)))
    few = peak()
    keep_calls(engine, (Kept(number(last), ago(days=2)) for last in range(2 * PAGE, 5 * PAGE)))
    assert looked_up(engine).callers == 5 * PAGE
    assert peak() < 1.2 * few


def test_beside_calls_so_many_are_replayed_and_no_more(engine: sa.Engine) -> None:
    """What would hold up a process that leads calls is refused, with the way that is left."""
    keep_calls(engine, (Kept(number(last), ago(days=1)) for last in range(3)))
    assert replay_prefix(engine, POLICY, PREFIX, "block", NOW, most=3).calls == 3
    with pytest.raises(EntryRefused, match=r"3 calls .* more than 2 .* `hotline blacklist`"):
        replay_prefix(engine, POLICY, PREFIX, "block", NOW, most=2)


def test_beside_calls_one_prefix_is_replayed_at_a_time(
    database_url: str, redis_url: str, engine: sa.Engine
) -> None:
    """Who asks meanwhile is told to ask again; afterwards it goes on."""
    services = house_of(
        Settings(database_url=SecretStr(database_url), redis_url=SecretStr(redis_url))
    )
    register = make_register(services, beside_calls=True)
    refused: list[str] = []

    def ask_meanwhile(*_: object) -> None:
        try:
            register.replays(PREFIX, "block", NOW)
        except RecordUnreadable as error:
            refused.append(str(error))

    sa.event.listen(register.engine, "before_cursor_execute", ask_meanwhile)
    assert register.replays(PREFIX, "block", NOW).calls == 0
    assert refused
    assert set(refused) == {"another prefix is replayed here just now: ask again soon"}
    sa.event.remove(register.engine, "before_cursor_execute", ask_meanwhile)
    assert register.replays(PREFIX, "block", NOW).calls == 0
    services.close()


def test_an_allowance_that_is_over_lets_nobody_through(
    register: BlacklistRegister, clock: Clock
) -> None:
    """It is not lifted by anybody: its time has passed."""
    register.allow(number(1), by=MAHA, days=1)
    register.allow(number(2), by=MAHA)
    assert sorted(allowed_numbers(register.engine, clock.now)) == [number(1), number(2)]
    clock.forward(days=1, seconds=1)
    assert allowed_numbers(register.engine, clock.now) == [number(2)]


# --- two people -----------------------------------------------------------------------------------


@pytest.fixture
def asked(register: BlacklistRegister) -> RecordedEntry:
    """A prefix that Maha asked for when one citizen had called from it."""
    register.replays = lambda prefix, disposition, now: replay_prefix(
        register.engine, POLICY, prefix, disposition, now
    )
    keep_calls(register.engine, [Kept(number(1), register.now() - timedelta(days=1), ticket=True)])
    return register.add_prefix(PREFIX, Wanted("flood", days=9), by=MAHA)


def test_what_was_found_is_kept_with_the_entry_for_the_second_person(
    register: BlacklistRegister, asked: RecordedEntry
) -> None:
    """And in the audit, when that person agrees."""
    waiting = register.prefix(PREFIX)
    assert waiting is not None
    assert waiting.replay == asked.replay
    assert waiting.replay["with_rule"]["genuine"] == 1
    assert not waiting.in_effect
    assert register.approve_prefix(PREFIX, by=NADA).in_effect
    assert register.history(PREFIX)[0].details["replay"] == asked.replay


def test_a_look_that_is_older_than_a_day_is_renewed_when_it_is_approved(
    register: BlacklistRegister, asked: RecordedEntry, clock: Clock
) -> None:
    """By fresh calls; who touches no more citizens than was shown is approved."""
    clock.forward(days=1, seconds=1)
    keep_calls(register.engine, [Kept(number(2), clock.now, operator="amal")])
    approved = register.approve_prefix(PREFIX, by=NADA)
    assert approved.in_effect
    assert approved.replay["at"] == clock.now.isoformat()
    assert (approved.replay["calls"], asked.replay["calls"]) == (2, 1)
    assert [change.action for change in register.history(PREFIX)] == [
        *("approved", "replayed", "asked")
    ]


def test_when_more_citizens_would_be_touched_by_now_it_is_not_approved_unseen(
    register: BlacklistRegister, asked: RecordedEntry, clock: Clock
) -> None:
    """The new figures are kept; approving again, with them before one's eyes, agrees."""
    clock.forward(days=2)
    keep_calls(register.engine, [Kept(number(2), clock.now, ticket=True)])
    with pytest.raises(ValueError, match="2 callers with tickets, not 1"):
        register.approve_prefix(PREFIX, by=NADA)
    waiting = register.prefix(PREFIX)
    assert waiting is not None
    assert (waiting.in_effect, waiting.replay["with_rule"]["genuine"]) == (False, 2)
    assert list(register.index.entries()) == []
    assert register.approve_prefix(PREFIX, by=NADA).in_effect


def test_a_request_that_was_changed_meanwhile_is_not_approved(
    register: BlacklistRegister, asked: RecordedEntry, clock: Clock
) -> None:
    """While the past is looked up, the first person asks for something harder."""
    clock.forward(days=2)
    plain, asks = register.replays, count()

    def replays(prefix: str, disposition: Disposition, now: datetime) -> PrefixReplay:
        if next(asks) == 0:
            register.add_prefix(PREFIX, Wanted("flood", days=30), by=MAHA)
        return plain(prefix, disposition, now)

    register.replays = replays
    with pytest.raises(ValueError, match="changed meanwhile"):
        register.approve_prefix(PREFIX, by=NADA)
    waiting = register.prefix(PREFIX)
    assert waiting is not None
    assert not waiting.in_effect


@pytest.mark.parametrize("wrong", ["gone", "garbled"])
def test_a_prefix_is_not_accepted_when_the_record_cannot_be_read(
    register: BlacklistRegister, asked: RecordedEntry, wrong: str
) -> None:
    """Nobody would know whom it stops: neither a new one, nor an old look at the past."""
    with register.engine.begin() as connection:
        if wrong == "gone":
            connection.exec_driver_sql("ALTER TABLE calls RENAME TO lost")
        else:
            connection.exec_driver_sql("UPDATE calls SET tickets = '{'")
    with pytest.raises(RecordUnreadable, match="not accepted"):
        register.add_prefix(PREFIX, Wanted("abuse", days=1), by=NADA)
    assert register.prefix(PREFIX) == asked


def test_nobody_is_kept_from_writing_while_the_past_is_looked_up(
    register: BlacklistRegister, asked: RecordedEntry, clock: Clock
) -> None:
    """A call's ticket does not wait for a replay, not even on SQLite: asked, approved, imported."""
    clock.forward(days=2)
    plain = register.replays

    def replays(prefix: str, disposition: Disposition, now: datetime) -> PrefixReplay:
        register.strike(number(7), by=Person(f"for {prefix}", "operator"), reason="abuse")
        return plain(prefix, disposition, now)

    register.replays = replays
    assert register.approve_prefix(PREFIX, by=NADA).in_effect
    register.add_prefix("+966501235", Wanted("flood", days=9), by=MAHA)
    imports(register, "number\n+966501236*\n")
    strikes = register.standing(number(7)).strikes
    assert {strike.operator for strike in strikes} == {
        *("for +966501234", "for +966501235", "for +966501236")
    }
