"""Each part that needs no Asterisk, run small: what it tells, never how much."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGKILL

import pytest
from click.testing import CliRunner

from hotline.bootstrap import Services
from hotline.main import COMMANDS
from hotline.settings import load_settings
from lab.bench import answer, classic, memory, peers, plain, twilio
from lab.bench.before import taken_out
from lab.bench.deliveries import receiving
from lab.bench.delivery_rounds import SIGNING
from lab.bench.figures import Figure
from lab.bench.house import BenchFailed, open_house, open_web_house
from lab.bench.memory import hold_call
from lab.bench.placing import place_calls
from lab.bench.plain import new_ticket
from lab.bench.processes import cpu_seconds, pss_bytes, rss_bytes
from lab.bench.run import PARTS, run
from lab.bench.setting import Bench, Sizes
from lab.bench.web_load import closed_loop, web_call
from lab.cli.bench import bench as command
from tests.fixtures.processes import alive
from tickets.destination import Message, PushResult
from tickets.destinations.webhook import WebhookDestination
from tickets.destinations.webhook_secret import fresh_secret
from tickets.open import build_ticket

pytestmark = pytest.mark.bench

SMALL = Sizes(
    warm_calls=1,
    socket_calls=3,
    processes=1,
    held_calls=14,
    tickets=2,
    rounds=1,
    answers=2,
    web_calls=8,
    web_rounds=2,
    entries=2000,
    decisions=60,
    deliveries=3,
    delivery_rounds=2,
    delivered_rows=2000,
    relay_rounds=2,
    beside_tickets=3,
    beside_rounds=1,
)


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file for every sound, so that nothing is left out; nobody listens to them here."""
    folder = tmp_path_factory.mktemp("sounds")
    services = Services(load_settings({}))
    for language in services.flow.languages:
        (folder / language).mkdir(exist_ok=True)
    for language in services.flow.languages:  # each has pieces in the other: the language menu
        for piece in services.catalogue.inventory(language):
            (folder / f"{piece.audio}.wav").touch()
    services.close()
    return folder


@pytest.fixture
def given(tmp_path: Path, sounds: Path) -> dict[str, str]:
    """Settings whose cache holds no Asterisk."""
    return {
        "HOTLINE_STATE_DIR": str(tmp_path / "state"),
        "HOTLINE_CACHE_DIR": str(tmp_path / "cache"),
        "HOTLINE_SOUNDS_DIR": str(sounds),
    }


@pytest.fixture
def bench(given: dict[str, str]) -> Iterator[Bench]:
    """A bench of few calls that says nothing."""
    services = Services(load_settings(given))
    yield Bench(services, lambda _line: None, SMALL)
    services.close()


def bounds(figures: list[Figure]) -> list[tuple[str, float, str]]:
    """Side, limit and unit of each bound."""
    return [(f.bound.side, f.bound.value, f.unit) for f in figures if f.bound is not None]


def test_the_classic_part_compares_with_a_process_a_call(bench: Bench) -> None:
    """The same conversation to its ticket on both sides; the bound is twenty times."""
    figures = list(classic.measure(bench))
    assert bounds(figures) == [("at least", 20.0, "x")]
    assert all(figure.ours.amount > 0 for figure in figures)
    assert all(figure.against is not None and figure.against.amount > 0 for figure in figures)


def test_the_memory_part_holds_its_calls_at_every_turn(bench: Bench) -> None:
    """None of them ends before the memory is read."""
    figures = list(memory.measure(bench))
    assert bounds(figures) == [("at most", 150.0, "MB")]
    assert 1 < figures[0].value < 10_000


def test_the_peers_lead_the_same_call_as_our_wire(bench: Bench) -> None:
    """Each server that is here leads it through all its commands; one that is not is told."""
    (part,) = run(bench, ["peers"])
    here = [peer for peer in peers.PEERS if peer.here]
    assert part.failed == ""
    assert [figure.what.partition("beside ")[2] for figure in part.figures] == [
        peer.name for peer in here
    ]
    assert all(peer.name in part.skipped for peer in peers.PEERS if not peer.here)
    assert all(f.against is not None and f.against.amount > 0 for f in part.figures)


def test_a_commit_that_is_not_here_is_told(bench: Bench) -> None:
    """And so is that none was named."""
    none, unknown = (
        next(run(replace(bench, against=name), ["before"])) for name in ("", "no-such-commit")
    )
    assert "--against" in none.skipped
    assert "no-such-commit" in unknown.skipped


def test_the_code_of_a_commit_is_taken_out_whole(tmp_path: Path) -> None:
    """It runs from there as it ran then."""
    assert (taken_out("HEAD", tmp_path) / "agi_scripts" / "server.py").is_file()


def test_the_plain_part_has_figures_without_bounds(bench: Bench) -> None:
    """They are for information."""
    figures = list(plain.measure(bench))
    assert len(figures) == 5
    assert bounds(figures) == []
    assert all(figure.value > 0 for figure in figures)


def test_the_answer_figures_are_differences_of_medians() -> None:
    """One slow call among many does not decide."""
    median, high = answer.figures([4.0, 5.0, 900.0], [1.0, 2.0, 3.0])
    assert (median.value, median.unit) == (3.0, "ms")
    assert bounds([median, high]) == [("at most", 30.0, "ms")]


def test_parts_without_an_asterisk_are_skipped_with_the_mend(bench: Bench) -> None:
    """A machine that cannot have one still measures the rest."""
    parts = list(run(bench, ["cpu", "answer"]))
    assert [part.name for part in parts] == ["cpu", "answer"]
    assert all("make setup" in part.skipped and part.kept for part in parts)


def test_a_house_leaves_no_process_and_no_folder_behind(bench: Bench) -> None:
    """Whatever happens inside it."""
    seen: list[int] = []

    def break_off() -> Path:
        with open_house(bench.services) as house:
            seen.extend((house.pid, house.redis_pid))
            assert all(map(alive, seen))
            raise BenchFailed(str(house.services.settings.state_dir))

    with pytest.raises(BenchFailed) as error:
        break_off()
    assert len(seen) == 2
    assert not any(map(alive, seen))
    assert not Path(str(error.value)).exists()


def test_a_house_uses_no_store_of_the_settings(given: dict[str, str], tmp_path: Path) -> None:
    """Nobody's calls, tickets or sessions are touched by a measurement."""
    stores = {"REDIS_URL": "redis://127.0.0.1:1/0", "DATABASE_URL": f"sqlite:///{tmp_path}/own.db"}
    services = Services(load_settings(given | stores))
    with open_house(services) as house:
        place_calls(house, 1, at_once=1)
        assert house.counts().tickets == 1
    services.close()
    assert not (tmp_path / "own.db").exists()
    assert not services.settings.state_dir.exists()


def test_a_server_that_is_gone_is_not_a_cheap_server(bench: Bench) -> None:
    """Calls that come to no ticket are not measured, and a held call that ends is told."""
    with open_house(bench.services) as house:
        hold_call(house, 2).close()
        os.kill(house.pid, SIGKILL)
        assert house.under_test.wait(5.0)
        with pytest.raises(BenchFailed, match="turns instead of 9"):
            place_calls(house, 1)
        with pytest.raises(BenchFailed, match="agi-1 ended with status -9"):
            house.cpu()


def test_a_call_that_the_server_closes_is_not_in_progress(bench: Bench) -> None:
    """Beyond its limit a server closes the connection without a word."""
    agi = bench.services.settings.agi.model_copy(update={"max_calls": 1})
    settings = bench.services.settings.model_copy(update={"agi": agi})
    with open_house(Services(settings)) as house:
        held = hold_call(house, 1)
        with pytest.raises(BenchFailed, match="closed a call in progress"):
            hold_call(house, 1)
        held.close()


def test_processor_time_and_memory_are_those_of_the_other_process() -> None:
    """A child that works for a while has used some; what is not there raises OSError."""
    work = "sum(range(3_000_000)); print(flush=True); input()"
    child = subprocess.Popen(
        [sys.executable, "-c", work], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with child:
        assert child.stdout is not None
        child.stdout.readline()
        assert 0.001 < cpu_seconds(child.pid) < 60
        assert 1_000_000 < rss_bytes(child.pid) < 1_000_000_000
        assert 0 <= pss_bytes(child.pid) <= rss_bytes(child.pid)
        child.communicate(b"\n")
    with pytest.raises(OSError, match="No such"):
        cpu_seconds(child.pid)


def test_an_import_is_measured_in_a_process_of_its_own(bench: Bench) -> None:
    """The peak is bounded, and hardly grows with ten times the rows."""
    small = replace(bench, sizes=replace(SMALL, imported_rows=20_000))
    (part,) = run(small, ["import_memory"])
    assert part.failed == ""
    peak, growth, rate = part.figures
    assert 20 < peak.value < 200
    assert 0.9 < growth.value < 1.5
    assert rate.value > 100


def test_an_import_is_compared_with_its_rows_alone(bench: Bench) -> None:
    """By itself, and as the command with its start and the index, each held to a bound."""
    small = replace(bench, sizes=replace(SMALL, compared_rows=500, import_rounds=1))
    (part,) = run(small, ["import_speed"])
    assert part.failed == ""
    imported, rate, command, command_rate = part.figures
    assert imported.against == command.against
    assert imported.bound is not None
    assert command.bound is not None
    assert min(figure.value for figure in (imported, rate, command, command_rate)) > 0


def test_an_address_is_looked_up_beside_a_plain_script(bench: Bench) -> None:
    """Each of the three ways to ask, held to what a caller may wait; the import held to a ratio."""
    small = replace(bench, sizes=replace(SMALL, addresses=2000, lookups=200))
    (part,) = run(small, ["gazetteer"])
    assert part.failed == ""
    assert bounds(list(part.figures)) == [("at most", 4.0, "x"), *[("at most", 2.0, "ms")] * 3]
    assert len(part.figures) == 9
    assert min(figure.value for figure in part.figures) > 0


def test_the_command_knows_every_part_and_refuses_others() -> None:
    """`--only` names what there is."""
    assert COMMANDS["bench"][0] == "lab.cli.bench:bench"
    assert PARTS[:4] == ("cpu", "before", "answer", "classic")
    assert {"peers", "twilio_rate", "import_memory", "gazetteer", "plain"} <= set(PARTS[4:])
    done = CliRunner().invoke(command, ["--only", "nothing"])
    assert done.exit_code == 2


def test_json_on_standard_output_is_json_alone(given: dict[str, str]) -> None:
    """Progress goes to standard error; without an Asterisk the part is skipped, exit 0."""
    done = subprocess.run(
        [sys.executable, "-m", "hotline", "bench", "--only", "answer", "--json"],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [part["name"] for part in json.loads(done.stdout)["parts"]] == ["answer"]
    assert "[bench] part answer" in done.stderr


def test_the_webhook_parts_compare_with_a_constant_route(bench: Bench) -> None:
    """Every turn is answered with the next one; the bounds are those of a whole turn."""
    rate = list(twilio.measure_rate(bench))
    assert bounds(rate) == [("at least", 0.35, "x")]
    tail = list(twilio.measure_tail(bench))
    assert bounds(tail) == [("at most", 5.0, "x")]
    for figure in (*rate, *tail):
        assert figure.ours.amount > 0
        assert figure.against is not None
        assert figure.against.amount > 0


def test_an_answer_that_is_not_the_next_turn_is_not_measured(bench: Bench) -> None:
    """A forged signature, and a call that was never begun."""
    with open_web_house(bench.services) as house:
        with pytest.raises(BenchFailed, match="answered otherwise"):
            closed_loop(house, [[web_call("a token of somebody else").voice]])
        with pytest.raises(BenchFailed, match="answered otherwise"):
            closed_loop(house, [web_call(house.token).turns])
        call = web_call(house.token)
        assert closed_loop(house, [[call.voice, *call.turns, call.end]]) > 0
        assert house.services.slow_redis.ping()


@pytest.mark.parametrize(
    ("part", "figures", "kept"),
    [
        ("screening_rate", 1, [("at least", 0.55, "x")]),
        ("screening_scale", 1, [("at most", 0.10, "x")]),
        ("screening_memory", 1, [("at most", 200.0, "B")]),
        ("delivery_rate", 3, [("at least", 0.40, "x")]),
        ("delivery_scale", 2, [("at most", 1.10, "x")] * 2),
        ("delivery_beside", 3, [("at most", 1.25, "x")] * 3),
    ],
)
def test_parts_measure_on_stores_of_their_own(
    part: str, figures: int, kept: list[tuple[str, float, str]]
) -> None:
    """Run small: its figures, with their bounds; speed itself is not a test's business."""
    services = Services(load_settings({}))
    try:
        (measured,) = run(Bench(services, lambda line: None, SMALL), [part])
    finally:
        services.close()
    assert (measured.failed, measured.skipped) == ("", "")
    assert len(measured.figures) == figures
    assert bounds(list(measured.figures)) == kept
    assert all(figure.ours.amount > 0 for figure in measured.figures)


def test_the_receiver_acknowledges_what_is_signed_for_it_alone(tmp_path: Path) -> None:
    """What is measured as delivered was signed; of a connection that says nothing it lives on."""
    message = Message(build_ticket(new_ticket(1), datetime.now(UTC), "123456782"))
    with receiving(tmp_path) as url:
        its = (tmp_path / SIGNING).read_text(encoding="ascii")

        def pushed(secret: str) -> PushResult:
            return WebhookDestination("office", url, lambda: [secret]).push(message)

        told = [pushed(secret) for secret in (its, fresh_secret(), its)]
    assert [(one.status, one.verdict) for one in told] == [
        (201, "acknowledged"),
        (401, "retry"),
        (201, "acknowledged"),
    ]
