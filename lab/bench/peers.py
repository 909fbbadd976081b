"""Part `peers`: the FastAGI server and channel alone, beside those of other projects.

The same call from the same fake Asterisk, whose commands take no time, so that what is left is the
wire: accepting, reading the environment, writing commands and taking replies apart. The servers are
processes of their own and take turns in short rounds.
"""

import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from embedded.child import Child, ChildSpec
from lab.bench.agi_peers.call import TURNS
from lab.bench.agi_peers.placing import place
from lab.bench.figures import Bound, Figure, Measured, ratio
from lab.bench.house import BenchFailed, NotHere
from lab.bench.processes import cpu_seconds
from lab.bench.setting import Bench
from lab.own_stack import HOST, left_alone, own_folder, server_port

BOUND = Bound("at most", 1.0)
_ROUNDS = 8
_AT_ONCE = 8

NOTES = (
    "processor time of the server's process, all threads; ours keeps deadlines, limits and counts, "
    "which the others do not",
    "a round of each in turns; the ratio is of the medians",
    "panoramisk and pystrix come with the extra `bench`",
)


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that leads the call. `needs` is the package that it is built on."""

    module: str
    name: str
    needs: str = ""

    @property
    def here(self) -> bool:
        """Whether its package is installed."""
        return not self.needs or find_spec(self.needs) is not None


OURS = Peer("ours", "our server and channel")
PEERS = (
    Peer("with_panoramisk", "panoramisk", needs="panoramisk"),
    Peer("with_pystrix", "pystrix", needs="pystrix"),
    Peer("threads_and_files", "threads and files, as wazo-agid has it"),
)


def measure(bench: Bench) -> Iterator[Figure]:
    """The figures. Raises BenchFailed, StartFailed; NotHere after those of the peers here."""
    ports = {peer: server_port() for peer in (OURS, *filter(lambda peer: peer.here, PEERS))}
    specs = [_spec(peer, port) for peer, port in ports.items()]
    with own_folder() as folder, left_alone(specs, folder) as children:
        running = {peer: (children[peer.module], port) for peer, port in ports.items()}
        calls = max(1, bench.sizes.socket_calls // _ROUNDS)
        bench.say(f"{_ROUNDS} rounds of {calls} calls on each of {len(running)} servers")
        spent = _in_turns(running, calls, bench.sizes.warm_calls)
    ours = Measured(f"{OURS.name}, {_ROUNDS} rounds of {calls}", spent.pop(OURS), "ms CPU")
    for peer, theirs in spent.items():
        bound = BOUND if peer.needs == "panoramisk" else None
        yield ratio(
            f"processor time of the wire of one call of {TURNS} turns, beside {peer.name}",
            ours,
            Measured(f"{peer.name}, as many", theirs, "ms CPU"),
            bound,
        )
    if away := [peer.name for peer in PEERS if not peer.here]:
        raise NotHere(f"{' and '.join(away)} not here: install the extra `bench`")


def _spec(peer: Peer, port: int) -> ChildSpec:
    argv = (sys.executable, "-m", f"lab.bench.agi_peers.{peer.module}", str(port))

    def leads() -> bool:
        place((HOST, port), 1, 1)
        return True

    return ChildSpec(peer.module, argv, cwd=Path(__file__).parents[2], ready=leads)


def _in_turns(
    running: dict[Peer, tuple[Child, int]], calls: int, warm_calls: int
) -> dict[Peer, float]:
    """Processor time of each for one call (ms), the median of all rounds."""
    for _, port in running.values():
        place((HOST, port), max(warm_calls, _AT_ONCE), _AT_ONCE)
    rounds: dict[Peer, list[float]] = {peer: [] for peer in running}
    for number in range(_ROUNDS):
        peers = list(running) if number % 2 else list(reversed(running))
        for peer in peers:
            child, port = running[peer]
            if child.pid is None:
                raise BenchFailed(f"{peer.name} has ended")
            before = cpu_seconds(child.pid)
            place((HOST, port), calls, _AT_ONCE)
            rounds[peer].append((cpu_seconds(child.pid) - before) / calls * 1000)
    return {peer: statistics.median(taken) for peer, taken in rounds.items()}
