"""`hotline flow simulate`: a call in the terminal, led by the keys that are typed."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import rich_click as click

from blacklist.numbers import normalise
from hotline.bootstrap import Services
from hotline.cli.players import PLAYERS, player_here
from hotline.logs import configure
from hotline.menu import WRONG_FILE
from ivr.catalogue import Catalogue, PromptError
from ivr.flow import Flow
from ivr.turn import HangUp, Turn
from lab.callers.engine_driver import EngineDriver, EngineLine
from lab.callers.line import Differs
from lab.callers.simulation import HELP, NotNow, awaited, effect_of, heard, take
from lab.callers.stores import CallFacts, WitnessedSessions, empty_database, own_stores
from lab.transcript import Transcript

NUMBER = "0501234567"
WITHHELD = "withheld"
_SAMPLE = "gazetteer.sample.csv"


@click.command("simulate", epilog=HELP.replace("\n", "\n\n"))
@click.option("--language", help="That the caller has chosen in a call before, by its code: ar")
@click.option(
    "--from", "number", default=NUMBER, show_default=True, help="The caller's, or: withheld"
)
@click.option("--effects", is_flag=True, help="Tell which effects ran, and what came of each")
@click.option("--play", is_flag=True, help="Play the sounds of each turn (Ctrl-C cuts them short)")
@click.pass_obj
def simulate_command(
    services: Services, language: str | None, number: str, effects: bool, play: bool
) -> None:
    """Call 940 in this terminal: read what a caller hears, and type what they do.

    The menu, SQL and effects are the real ones, on stores of this call's own: nobody is told of
    its tickets, and nothing is left. The addresses are those of the sample. The end of the input
    hangs up.

    Exit 0 when the call has ended, 1 when it cannot be led, 2 for wrong words or a wrong file.
    """
    if services.settings.log.level == "info":
        configure("error", services.settings.log.format)  # what the call logs is not heard
    try:
        caller = _caller(services, language, number)
        player = _player() if play else None
        with (
            empty_database(services) as database,
            own_stores(services, caller, database) as stores,
        ):
            with EngineDriver().dial(caller, stores) as line:
                told = stores.sessions if effects else None
                _Conversation(services, line, player, told).lead()
            _tell_end(stores.facts(stores.sessions.call_id))
    except Differs as differs:
        click.echo(str(differs), err=True)
        sys.exit(1)
    except WRONG_FILE as error:
        click.echo(str(error), err=True)
        sys.exit(2)


def _caller(services: Services, language: str | None, number: str) -> Transcript:
    """Who calls. Raises UsageError for what no caller can have."""
    withheld = number.casefold() == WITHHELD
    if not withheld and normalise(number).e164 is None:
        raise click.UsageError(f"--from {number}: write a number as {NUMBER}, or: {WITHHELD}")
    languages = services.flow.languages
    if language is not None and language not in languages:
        raise click.UsageError(f"--language {language}: the menu has {', '.join(languages)}")
    if language is not None and withheld:
        raise click.UsageError("--language is kept by number: who withholds theirs is asked")
    sample = services.settings.config_dir / _SAMPLE
    return Transcript(
        name="simulated",
        path=Path("simulated"),
        caller="" if withheld else number,
        withheld=withheld,
        language=language or "",
        gazetteer="sample" if sample.exists() else "",
    )


def _player() -> Sequence[str] | None:
    found = player_here()
    if found is None:
        names = ", ".join(player[0] for player in PLAYERS)
        click.echo(f"no program here plays sound ({names}): it is shown only", err=True)
    return found


class _Conversation:
    """The turns of one call, shown one after another, until it is over."""

    def __init__(
        self,
        services: Services,
        line: EngineLine,
        player: Sequence[str] | None,
        events: WitnessedSessions | None,
    ) -> None:
        self._flow: Flow = services.flow
        self._catalogue: Catalogue = services.catalogue
        self._sounds = services.settings.sounds
        self._line = line
        self._player = player
        self._events = events
        self._told = 0

    def lead(self) -> None:
        """Show a turn, take what is typed, and so on. The end of the input hangs up."""
        going = True
        while going:
            self._show()
            if isinstance(self._line.turn.action, HangUp):
                self._line.listen_out()
                break
            going = self._act()
        self._tell_effects()

    def _show(self) -> None:
        call = self._line.call
        self._tell_effects()
        click.echo(f"\n{call.turn.number}  {call.turn.node} ({call.turn.language})")
        for text in heard(self._catalogue, call):
            click.echo(f"   {text}")
        click.echo(f"   {awaited(self._flow, call)}")
        if self._player is not None:
            self._play(call.turn, self._player)

    def _act(self) -> bool:
        """Take one act of the caller's; False when the call is over by it."""
        while True:
            typed = _typed()
            if typed is None:
                click.echo("   the input has ended: the caller hangs up")
                self._line.hang_up()
                return False
            if typed.strip() == "?":
                click.echo(HELP)
                continue
            try:
                return take(self._line, typed)
            except NotNow as reason:
                click.echo(f"   {reason}")

    def _tell_effects(self) -> None:
        """Which effects have run since this was last asked, where that is wanted."""
        if self._events is None:
            return
        rows = self._events.events(self._events.call_id)
        for row in map(json.loads, rows[self._told :]):
            if row["kind"] == "effect":
                effect = effect_of(self._flow, row["node"])
                click.echo(f"   effect {effect} at {row['node']}: {row['input']}")
        self._told = len(rows)

    def _play(self, turn: Turn, player: Sequence[str]) -> None:
        """Play the turn's sounds; a player that fails is asked no more."""
        missing = 0
        try:
            for sound in _sounds(self._catalogue, turn):
                path = self._sounds / f"{sound}.wav"
                if not path.exists():
                    missing += 1
                    continue
                done = subprocess.run([*player, path], stdin=subprocess.DEVNULL, check=False)
                if done.returncode:
                    self._player = None
                    click.echo(f"{player[0]} cannot play here: it is shown only", err=True)
                    return
        except KeyboardInterrupt:  # the caller has heard enough
            click.echo()
        if missing:
            click.echo(f"{missing} sounds are not there: `hotline prompts build`", err=True)


def _sounds(catalogue: Catalogue, turn: Turn) -> list[str]:
    """The stems of what is heard in a turn; what cannot be said is left out."""
    found = []
    for prompt in turn.prompts:
        try:
            found += [p.audio for p in catalogue.speak(turn.language, prompt) if p.audio]
        except PromptError:
            continue
    return found


def _typed() -> str | None:
    """A line; None at the end of the input. One that nobody saw being typed is written out."""
    try:
        line = input("> ")
    except EOFError:
        click.echo()
        return None
    if not sys.stdin.isatty():
        click.echo(line)
    return line


def _tell_end(facts: CallFacts) -> None:
    to = f" to {facts.transferred_to}" if facts.transferred_to else ""
    click.echo(f"\nthe call is over: {facts.disposition}{to}, in {facts.language}")
    for ticket in facts.tickets:
        told = [ticket["service_request_id"], ticket["service_code"], ticket["status"]]
        click.echo(f"   ticket {' '.join(told)} (of this call's own stores)")
