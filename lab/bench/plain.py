"""Part `plain`: figures for information, compared with nothing: how fast, and what a step costs."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from ivr.engine import begin, step
from lab.bench.conversation import ANSWERS, MOVES, NUMBER, TURNS, event_of, turns
from lab.bench.figures import Figure, Measured, amount
from lab.bench.house import open_house
from lab.bench.placing import place_calls
from lab.bench.setting import Bench
from lab.own_stack import own_folder, own_services, own_settings
from tickets.model import Address, NewTicket

_AT_ONCE = 8

NOTES = (
    "turns a second are as this machine goes now, with the fake Asterisk on the same processors; "
    "turns by processor second are our process's own",
)


def measure(bench: Bench) -> Iterator[Figure]:
    """The figures. Raises BenchFailed, and what `open_house` raises."""
    yield from _throughput(bench)
    yield _ticket(bench)
    yield from _pure(bench)


def _throughput(bench: Bench) -> Iterator[Figure]:
    count = bench.sizes.socket_calls
    bench.say(f"{count} calls, {_AT_ONCE} at once")
    with open_house(bench.services) as house:
        place_calls(house, bench.sizes.warm_calls)
        spent, started = house.cpu(), time.monotonic()
        place_calls(house, count, at_once=_AT_ONCE)
        seconds, spent = time.monotonic() - started, house.cpu() - spent
    made = count * TURNS
    at_once = Measured(f"{count} calls, {_AT_ONCE} at once", made / seconds, "turns/s")
    yield amount("one FastAGI process under load", at_once)
    by_processor = Measured(f"mean of {made} turns", made / spent, "turns/CPU s")
    yield amount("turns by processor time of the FastAGI process", by_processor)


def _ticket(bench: Bench) -> Figure:
    """Opening tickets in this process on an SQLite file of its own, commits included."""
    count = bench.sizes.tickets
    bench.say(f"{count} tickets")
    with (
        own_folder() as folder,
        own_services(own_settings(bench.services.settings, folder)) as own,
    ):
        open_ticket = own.open_ticket()
        moment = datetime.now(UTC)
        open_ticket(new_ticket(-1), moment)
        started = time.process_time()
        for number in range(count):
            open_ticket(new_ticket(number), moment)
        spent = time.process_time() - started
    mean = Measured(f"mean of {count}", spent / count * 1000, "ms CPU")
    return amount("opening one ticket with its delivery", mean)


def new_ticket(number: int) -> NewTicket:
    """What a caller reports; each number is another call's."""
    return NewTicket(
        origin=f"bench:{number}",
        service_code="RD_HOLE",
        phone=NUMBER,
        address=Address(building_number="7421", postal_code="23218"),
        agency_responsible=("roads",),
        target_hours=48,
    )


def _pure(bench: Bench) -> Iterator[Figure]:
    services, rounds = bench.services, bench.sizes.rounds
    made = list(turns(services))
    session, _ = begin(services.flow, "bench", answers=ANSWERS)

    def steps() -> None:
        step(services.flow, session, event_of(MOVES[0]))

    def spoken() -> None:
        for turn in made:
            for prompt in turn.prompts:
                services.catalogue.speak(turn.language, prompt)

    one = Measured(f"mean of {rounds * TURNS}", _mean_us(steps, rounds * TURNS), "us")
    yield amount("one step of the dialog", one)
    words = Measured(f"mean of {rounds} x {TURNS}", _mean_us(spoken, rounds) / TURNS, "us")
    yield amount("finding the sounds of one turn", words)


def _mean_us(work: Callable[[], None], rounds: int) -> float:
    started = time.process_time()
    for _ in range(rounds):
        work()
    return (time.process_time() - started) / rounds * 1_000_000
