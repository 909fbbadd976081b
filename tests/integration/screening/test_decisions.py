"""What screening says of a call, on a real Redis."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from blacklist import layout
from blacklist.entry import Entry
from blacklist.ladder import Measure
from blacklist.model import ScreeningModel
from blacklist.numbers import normalise
from blacklist.screening import COUNTS_BYTES
from blacklist.verdict import Disposition
from blacklist.window import Window
from tests.fixtures.screening import WITHHELD, Screened, screened, strict_policy

CALLER = "+966501234567"
OTHER = "+966509999999"


@pytest.fixture
def here(redis_url: str) -> Iterator[Screened]:
    """An empty index whose clock the test sets."""
    with screened(redis_url) as made:
        yield made


def restrict(
    here: Screened, disposition: Disposition = "block", number: str = CALLER, **lasts: float
) -> None:
    """Put an entry for harassment into the index; a day when nothing else is said."""
    now = here.clock.now
    until = now + timedelta(**(lasts or {"days": 1}))
    here.index.put(Entry(number, "harassment", until, now, "test", "", disposition))


def measure(here: Screened, disposition: Disposition, **lasts: float) -> Measure:
    """A measure that begins now."""
    return Measure(disposition, "abuse", here.clock.now + timedelta(**lasts), "1 strikes")


def test_an_unknown_caller_is_allowed(here: Screened) -> None:
    """Nothing known, nothing held against them."""
    verdict = here.call(CALLER)
    assert (verdict.disposition, verdict.rule, verdict.degraded) == ("allow", "no_entry", False)


@pytest.mark.parametrize(
    "spelling", ["0501234567", "00966501234567", "+9660501234567", "٠٥٠١٢٣٤٥٦٧", "0966501234567"]
)
def test_every_spelling_is_one_caller(here: Screened, spelling: str) -> None:
    """A number that is blocked is blocked in whatever spelling the network sends it."""
    restrict(here)
    verdict = here.screening.screen(normalise(spelling))
    assert (verdict.disposition, verdict.reason) == ("block", "harassment")
    assert (verdict.rule, verdict.evidence) == ("exact_number", "entry")
    assert verdict.until == here.clock.now + timedelta(days=1)
    assert here.call(OTHER).disposition == "allow"


def test_a_block_ends_on_time_and_by_itself(here: Screened) -> None:
    """By the clock of the script, and in Redis by the expiry of its key."""
    restrict(here)
    ends = (here.clock.now + timedelta(days=1)).timestamp()
    assert here.client.expiretime(layout.standing_key("0", CALLER)) == ends
    here.clock.move(hours=23, minutes=59, seconds=59)
    assert here.call(CALLER).disposition == "block"
    here.clock.move(seconds=1)
    assert here.call(CALLER).disposition == "allow"


def test_an_allowed_number_is_never_slowed(here: Screened) -> None:
    """Neither an entry, a prefix, strikes nor a hundred calls in a minute change that."""
    restrict(here)
    here.index.put_prefix("+96650", measure(here, "block", days=1))
    here.index.put_strikes(CALLER, [measure(here, "challenge", days=1)])
    here.index.put_allow(CALLER, None)
    for _ in range(100):
        assert (here.call(CALLER).disposition, here.call(CALLER).rule) == ("allow", "allowlist")
    assert here.client.ttl(layout.standing_key("0", CALLER)) == -1
    here.index.drop_allow(CALLER)
    assert here.call(CALLER).disposition == "block"
    assert here.client.ttl(layout.standing_key("0", CALLER)) > 0


@pytest.mark.parametrize(
    ("window", "calls", "apart"),
    [
        (1, 7, timedelta(seconds=21)),  # 15 minutes hold six, and lose one in 128.6 s
        (2, 14, timedelta(minutes=3)),  # 60 minutes hold eight, and lose one in 400 s
        (3, 20, timedelta(minutes=30)),  # 24 hours hold fourteen, and lose one in 96 minutes
    ],
)
def test_each_window_puts_the_caller_last(
    here: Screened, window: int, calls: int, apart: timedelta
) -> None:
    """The call for which a window has no room waits, for one hour; those before it do not."""
    verdicts = []
    for _ in range(calls):
        verdicts.append(here.call(CALLER))
        here.clock.move(seconds=apart.total_seconds())
    assert [verdict.disposition for verdict in verdicts[:-1]] == ["allow"] * (calls - 1)
    last = verdicts[-1]
    assert (last.disposition, last.reason, last.rule) == ("low_priority", "flood", "rate")
    assert (last.evidence, last.alert) == (f"window {window}", True)
    assert last.until == here.clock.now - apart + timedelta(hours=1)


@pytest.mark.parametrize(("calls", "seconds"), [(7, 1800), (9, 600), (11, 86_400), (29, 60)])
def test_no_window_is_passed_a_call_early(redis_url: str, calls: int, seconds: int) -> None:
    """An interval that is no whole number of milliseconds is added up so many times."""
    policy = strict_policy()
    policy = replace(policy, rate=replace(policy.rate, windows=(Window(calls, seconds),)))
    with screened(redis_url, policy=policy) as here:
        model = ScreeningModel(policy)
        verdicts = [here.call(CALLER).disposition for _ in range(calls)]
        at_ms = here.clock.ms
        modelled = [model.screen(CALLER, at_ms).disposition for _ in range(calls)]
    assert verdicts == modelled == ["allow"] * (calls - 1) + ["low_priority"]


def test_who_calls_steadily_and_less_often_than_a_limit_is_never_slowed(here: Screened) -> None:
    """Fifteen calls a day, day and night, for a week: a caretaker, a worried old man."""
    for _ in range(15 * 7):
        assert here.call(CALLER).rule == "no_entry"
        here.clock.move(minutes=96)


def test_the_queue_is_left_after_an_hour_and_supervisors_are_told_once(here: Screened) -> None:
    """Calls in the hour do not tell again; a flood that goes on stays last."""
    alerts = [here.call(CALLER).alert for _ in range(12)]
    assert alerts == [False] * 6 + [True] + [False] * 5
    (told,) = here.index.alerts()
    assert (told["caller"], told["window"]) == (CALLER.removeprefix("+"), "1")
    here.clock.move(minutes=61)
    assert here.call(CALLER).disposition == "allow"


def test_a_rainstorm_touches_nobody(here: Screened) -> None:
    """Everyone calls, each three times an hour for four hours: nobody is even warned."""
    numbers = [f"+96650{number:07d}" for number in range(40)]
    for _ in range(12):
        for number in numbers:
            verdict = here.call(number)
            assert (verdict.disposition, verdict.rule) == ("allow", "no_entry")
        here.clock.move(minutes=20)


def test_withheld_callers_are_one_class_and_only_put_last(here: Screened) -> None:
    """Sixty at once are served as usual, then they wait; after a while they do not."""
    verdicts = [here.screening.screen(WITHHELD) for _ in range(80)]
    assert [verdict.disposition for verdict in verdicts] == ["allow"] * 60 + ["low_priority"] * 20
    assert verdicts[0].rule == "withheld_number"
    assert [verdict.alert for verdict in verdicts[60:]] == [True] + [False] * 19
    here.clock.move(minutes=10)
    assert here.screening.screen(WITHHELD).disposition == "allow"
    assert here.call(CALLER).disposition == "allow"


def test_calls_with_a_number_make_room_for_those_without(here: Screened) -> None:
    """In a storm everybody calls: for 25 calls with a number, one more without it is usual."""
    for _ in range(60):
        assert here.screening.screen(WITHHELD).disposition == "allow"
    for number in range(24):
        here.call(f"+96655{number:07d}")
    assert here.screening.screen(WITHHELD).disposition == "low_priority"
    here.call("+966551111111")
    assert here.screening.screen(WITHHELD).disposition == "allow"
    assert here.screening.screen(WITHHELD).disposition == "low_priority"


def test_a_flood_from_a_number_makes_no_room_for_those_without(here: Screened) -> None:
    """Only calls that are let through count as the usual traffic."""
    for _ in range(60):
        here.screening.screen(WITHHELD)
    for _ in range(100):
        here.call(CALLER)
    assert here.screening.screen(WITHHELD).disposition == "low_priority"


@pytest.mark.parametrize("raw", ["911", "19999", "٩١١"])
def test_a_short_number_is_counted_like_any_other(here: Screened, raw: str) -> None:
    """Nobody knows that the trunk lets agencies alone show one: the seventh call waits."""
    verdicts = [here.screening.screen(normalise(raw)) for _ in range(300)]
    assert [v.disposition for v in verdicts] == ["allow"] * 6 + ["low_priority"] * 294
    assert (verdicts[0].rule, verdicts[6].rule) == ("short_number", "rate")
    assert here.screening.screen(normalise("997")).disposition == "allow"


def test_another_short_number_with_each_call_is_one_flow(here: Screened) -> None:
    """Whoever makes them up is put last as those without a number are; no others are."""
    verdicts = [here.screening.screen(normalise(f"{n}")) for n in range(10_000, 13_000)]
    assert [v.disposition for v in verdicts] == ["allow"] * 60 + ["low_priority"] * 2940
    assert verdicts[60].rule == "class_rate"
    assert here.call(CALLER).disposition == "allow"
    assert here.screening.screen(WITHHELD).disposition == "allow"


def test_a_short_number_is_never_taken_for_the_beginning_of_a_full_one(here: Screened) -> None:
    """44163 is somebody inside, and nobody in a blocked range abroad."""
    here.index.commit_rebuild(here.index.begin_rebuild())
    here.index.put_prefix("+44163", measure(here, "block", days=1))
    assert here.screening.screen(normalise("44163")).disposition == "allow"
    assert here.call("+441632960000").disposition == "block"


def test_short_numbers_that_the_settings_name_pass_unasked(redis_url: str) -> None:
    """However often they call; Redis does not even hear of it."""
    with screened(redis_url, exempt=frozenset({"911"})) as here:
        before = here.client.info("stats")["total_commands_processed"]
        verdicts = [here.screening.screen(normalise("911")) for _ in range(20)]
        after = here.client.info("stats")["total_commands_processed"]
        assert {(v.disposition, v.rule) for v in verdicts} == {("allow", "exempt_number")}
        assert after - before == 1  # the INFO itself
        assert here.screening.screen(normalise("997")).rule == "short_number"


def test_emergency_calls_pass_whoever_makes_them(here: Screened) -> None:
    """The emergency path comes before the blocklist."""
    restrict(here)
    verdict = here.screening.screen(normalise(CALLER), emergency=True)
    assert (verdict.disposition, verdict.rule) == ("allow", "emergency")


def test_the_longest_prefix_that_holds_decides(here: Screened) -> None:
    """An exact entry of the same weight goes before it; one that is over does not count."""
    here.index.put_prefix("+9665", measure(here, "warn", days=2))
    here.index.put_prefix("+96650123", measure(here, "voicemail", hours=1))
    assert (here.call(CALLER).disposition, here.call(CALLER).rule) == ("allow", "no_entry")
    here.index.commit_rebuild(here.index.begin_rebuild())
    here.index.put_prefix("+9665", measure(here, "warn", days=2))
    here.index.put_prefix("+96650123", measure(here, "voicemail", hours=1))
    assert (here.call(CALLER).disposition, here.call(CALLER).rule) == ("voicemail", "prefix")
    assert here.call("+966555555555").disposition == "warn"
    assert here.call("+201001234567").disposition == "allow"
    here.clock.move(hours=2)
    assert here.call(CALLER).disposition == "warn"
    here.index.drop_prefix("+9665")
    assert here.call(CALLER).disposition == "allow"


def test_strikes_hold_for_their_time_hardest_first(here: Screened) -> None:
    """The challenge for a day, then the warning for the rest of its month."""
    here.index.put_strikes(
        CALLER, [measure(here, "warn", days=30), measure(here, "challenge", days=1)]
    )
    assert (here.call(CALLER).disposition, here.call(CALLER).rule) == ("challenge", "strikes")
    here.clock.move(days=1)
    assert here.call(CALLER).disposition == "warn"
    here.clock.move(days=29)
    assert here.call(CALLER).disposition == "allow"


def test_strikes_alone_never_block(here: Screened) -> None:
    """What only a person may decide is not taken from a ladder, whoever asks for it."""
    here.index.put_strikes(CALLER, [measure(here, "block", days=1)])
    assert here.call(CALLER).disposition == "allow"


def test_the_rate_goes_before_a_mild_entry_and_after_a_hard_one(here: Screened) -> None:
    """A warned caller who floods waits; a blocked one stays blocked, and alerts nobody."""
    restrict(here, "warn")
    dispositions = [here.call(CALLER).disposition for _ in range(7)]
    assert dispositions == ["warn"] * 6 + ["low_priority"]
    restrict(here, "block", OTHER)
    verdicts = [here.call(OTHER) for _ in range(8)]
    assert {(v.disposition, v.alert) for v in verdicts} == {("block", False)}


def test_a_decision_is_one_round_trip(here: Screened) -> None:
    """One command a call; the first one brings the script along."""
    here.call(CALLER)
    before = here.client.info("stats")["total_commands_processed"]
    evals = here.client.info("commandstats").get("cmdstat_evalsha", {}).get("calls", 0)
    for number in range(10):
        here.call(f"+96650000000{number}")
    stats = here.client.info("commandstats")
    assert stats["cmdstat_evalsha"]["calls"] - evals == 10
    # What the script itself asks counts as commands as well: MGET and SET.
    after = here.client.info("stats")["total_commands_processed"]
    assert after - before <= 10 * 3 + 3


def test_a_redis_that_forgot_the_script_gets_it_again(here: Screened) -> None:
    """SCRIPT FLUSH costs one call a second round trip, and no caller a thing."""
    restrict(here)
    here.call(CALLER)
    here.client.script_flush()
    verdict = here.call(CALLER)
    assert (verdict.disposition, verdict.degraded) == ("block", False)


@pytest.mark.parametrize("kind", ["standing", "attempts", "head", "class"])
@pytest.mark.parametrize("value", [b"x", b"\xff\xfe" * 9, b"block", b"ebh99:x;", b"9 9 9", ["x"]])
def test_wrong_data_holds_nobody(here: Screened, kind: str, value: bytes | list[str]) -> None:
    """Rubbish in any key lets the call through; the next caller is screened as always."""
    keys: dict[str, str | bytes] = {
        "standing": layout.standing_key("0", CALLER),
        "attempts": counts_key(CALLER),
        "head": layout.HEAD,
        "class": layout.trunk_key(""),
    }
    restrict(here, number=OTHER)
    if isinstance(value, list):
        here.client.lpush(keys[kind], *value)
    else:
        here.client.set(keys[kind], value)
    assert here.call(CALLER).disposition == "allow"
    assert here.screening.screen(WITHHELD).disposition == "allow"
    assert here.call(OTHER).disposition == "block"
    assert not here.call(CALLER).degraded


def test_a_clock_that_jumped_holds_nobody(here: Screened) -> None:
    """A year ahead and back: what was counted in a future that never came is forgotten."""
    here.clock.move(days=365)
    for _ in range(8):
        here.call(CALLER)
    here.clock.move(days=-365)
    assert here.call(CALLER).disposition == "allow"


def test_a_clock_that_slips_back_a_little_lets_no_flood_through(here: Screened) -> None:
    """Some seconds back and forth change nothing."""
    dispositions = []
    for number in range(7):
        here.clock.move(seconds=-3 if number % 2 else 2)
        dispositions.append(here.call(CALLER).disposition)
    assert dispositions == ["allow"] * 6 + ["low_priority"]


def counts_key(number: str) -> bytes:
    """Where Redis counts the calls of a number."""
    places = layout.places_in(COUNTS_BYTES, strict_policy().rate)
    return layout.counts_key(number[1:].encode(), places)


def test_attempts_are_small_and_end_by_themselves(here: Screened) -> None:
    """A flooder of a hundred calls takes no more of Redis than a caller of one, for a day."""
    for _ in range(100):
        here.call(CALLER)
    assert here.client.strlen(counts_key(CALLER)) == 10 + 12 + 13 + 3 * 8
    assert 0 < here.client.ttl(counts_key(CALLER)) <= 86_400


def test_a_rotating_flood_takes_no_more_memory_than_it_is_given(redis_url: str) -> None:
    """Twelve thousand numbers, one call each, where there is room for some thousand."""
    room = 512 * 1024
    with screened(redis_url, counts_bytes=room) as here:
        here.call(CALLER)
        before = here.client.info("memory")["used_memory"]
        taken = []
        for number in range(12_000):
            here.call(f"+96655{number:07d}")
            if number % 4000 == 3999:
                taken.append(here.client.info("memory")["used_memory"] - before)
    assert room / 2 < taken[-1] < room
    assert taken[-1] < taken[-2] * 1.05


def test_who_called_once_is_forgotten_first(redis_url: str) -> None:
    """Where a flood of other numbers fills all the room, who called more often is still known."""
    with screened(redis_url, counts_bytes=1) as here:
        for _ in range(5):
            here.call(CALLER)
        here.call(OTHER)
        for number in range(500):
            here.call(f"+96655{number:07d}")
        assert len(here.client.keys("hotline:n:*")) == 1
        assert [here.call(CALLER).disposition for _ in range(2)] == ["allow", "low_priority"]
        assert [here.call(OTHER).disposition for _ in range(7)] == ["allow"] * 6 + ["low_priority"]


def test_what_has_long_been_empty_makes_room(redis_url: str) -> None:
    """A caller of last week takes nobody's place."""
    with screened(redis_url, counts_bytes=1) as here:
        for _ in range(6):
            here.call(CALLER)
        full = here.client.strlen("hotline:n:0")
        here.clock.move(days=2)
        here.call(OTHER)
        assert here.client.strlen("hotline:n:0") == full
