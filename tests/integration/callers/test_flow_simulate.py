"""`hotline flow simulate`: a call in the terminal, on the real desk, by what is typed."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hotline.bootstrap import Services
from hotline.cli.flow import flow_group
from hotline.settings import CONFIG_DIR, load_settings
from tests.fixtures.house import house_of

Run = Callable[..., Result]
REPORT = ("1", "1", "2", "1", "1", "7421", "23218", "r 3")
OVER = "the call is over: "


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """A house whose state is empty, with a folder of sounds of its own."""
    folders = {"HOTLINE_STATE_DIR": tmp_path / "state", "HOTLINE_SOUNDS_DIR": tmp_path / "sounds"}
    made = house_of(load_settings({name: str(path) for name, path in folders.items()}))
    yield made
    made.close()


@pytest.fixture
def run(services: Services) -> Run:
    """Run `hotline flow simulate` with these lines typed, and these options."""

    def command(*typed: str, options: tuple[str, ...] = ()) -> Result:
        lines = "".join(f"{line}\n" for line in typed)
        arguments = ["simulate", *options]
        return CliRunner().invoke(flow_group, arguments, input=lines, obj=services)

    return command


def turns(ran: Result) -> list[str]:
    """The nodes of the turns that were shown."""
    heads = (line.split() for line in ran.stdout.splitlines() if line[:1].isdigit())
    return [words[1] for words in heads if len(words) == 3]


def test_a_report_is_led_to_its_end_and_leaves_nothing(run: Run, services: Services) -> None:
    """Real effects make a real ticket, which nobody but this call has seen."""
    ran = run(*REPORT, "1", "h")
    assert ran.exit_code == 0, ran.output
    assert turns(ran)[:3] == ["language", "main", "report_group"]
    assert turns(ran)[-2:] == ["confirm", "reference"]
    assert f"{OVER}completed, in ar" in ran.stdout
    assert " RD_HOLE open (of this call's own stores)" in ran.stdout
    assert not services.settings.state_dir.exists()


def test_a_turn_shows_what_is_said_and_the_keys_that_are_offered(run: Run) -> None:
    """In the caller's language, by the prompt's key; before it is chosen in each."""
    ran = run("2", "h")
    assert "\n   [danger, en] If life is at risk, call nine one one, or press nine.\n" in ran.stdout
    assert "\n   [main] For a report, press one. " in ran.stdout
    assert "\n   a key; 1 report_group · 2 complaint_kind · 3 inquiry · " in ran.stdout
    assert "* change_language · 0 operator · # again\n" in ran.stdout


def test_choices_that_an_effect_has_found_are_offered_by_their_keys(run: Run) -> None:
    """Two addresses of the sample are keyed alike; there are no others behind them."""
    ran = run("1", "1", "2", "1", "2", "77732929", "h")
    assert turns(ran)[-1] == "addresses"
    keys = next(
        line
        for line in ran.stdout.splitlines()
        if line.startswith("   a key; 1 ") and "RD29" in line
    )
    assert keys.count("RRRD2929") == 1
    assert " · 2 " in keys
    assert "others" not in keys


def test_the_end_of_the_input_hangs_up(run: Run) -> None:
    """As a pipe ends; the call is complete all the same."""
    ran = run("1")
    assert ran.exit_code == 0
    assert "the input has ended: the caller hangs up" in ran.stdout
    assert f"{OVER}abandoned, in ar" in ran.stdout


def test_enter_is_silence(run: Run) -> None:
    """The third one gives up, to the operators."""
    ran = run("1", "", "", "", "h")
    assert ran.stdout.count("[noinput_1]") == ran.stdout.count("[noinput_2]") == 1
    assert turns(ran)[-1] == "operator"


def test_a_transfer_is_answered_or_is_not(run: Run) -> None:
    """Enter answers, and the call is over; busy leads on as the flow has it."""
    assert f"{OVER}transferred to operators, in ar" in run("1", "0", "").stdout
    ran = run("1", "0", "busy", "h")
    assert turns(ran)[-1] == "call_back_or_message"


def test_what_no_caller_could_do_now_is_told_and_asked_again(run: Run) -> None:
    """The call stands where it stood."""
    ran = run("1", "r 3", "busy", "hello", "٣", "h")
    assert ran.exit_code == 0
    assert turns(ran) == ["language", "main"]
    for told in ("nothing is recorded now", "busy is for who", "'hello' is nothing", "'٣' is noth"):
        assert told in ran.stdout
    assert "you are being put through" in run("1", "0", "5", "h").stdout


def test_hanging_up_in_a_recording_sends_the_report(run: Run) -> None:
    """What was said is kept, as of any caller."""
    ran = run(*REPORT[:-1], "r 4 h", options=("--effects",))
    assert f"{OVER}abandoned, in ar" in ran.stdout
    assert "effect open_unconfirmed at open_unconfirmed: opened" in ran.stdout
    assert ran.stdout.count("   ticket ") == 1


def test_effects_are_told_where_they_are_wanted(run: Run) -> None:
    """Each by its name, where it ran, and what came of it."""
    typed = ("1", "1", "2", "1", "1", "7421", "23218", "h")
    told = [
        line.strip()
        for line in run(*typed, options=("--effects",)).stdout.splitlines()
        if line.startswith("   effect ")
    ]
    assert told[:2] == [
        "effect find_last_place at where: none",
        "effect find_address at find_address: found",
    ]
    assert "   effect " not in run(*typed).stdout


def test_help_is_there_at_every_turn(run: Run) -> None:
    """And is no act of the caller's."""
    ran = run("?", "h")
    assert "speak for three seconds into a recording" in ran.stdout
    assert turns(ran) == ["language"]


def test_a_language_that_is_known_is_not_asked_for(run: Run) -> None:
    """A number's choice of before; who withholds theirs has made none that is known."""
    assert turns(run("h", options=("--language", "en"))) == ["main"]
    assert turns(run("h", options=("--from", "withheld"))) == ["language"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--language", "xx"), "the menu has ar"),
        (("--from", "nobody"), "write a number"),
        (("--from", "withheld", "--language", "ar"), "kept by number"),
    ],
)
def test_wrong_words_are_two(run: Run, options: tuple[str, ...], told: str) -> None:
    """Before any call begins."""
    ran = run("1", options=options)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert told in " ".join(ran.stderr.replace("│", " ").split())


def test_the_sounds_of_a_turn_are_played_in_their_order(
    run: Run, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the player that is there; sounds that are missing are counted."""
    programs, played = tmp_path / "programs", tmp_path / "played"
    programs.mkdir()
    player = programs / "aplay"
    player.write_text(f'#!/bin/sh\necho "$2" >> {played}\n', encoding="utf-8")
    player.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    line = services.catalogue.lines["en"]["main"]
    pieces = [part.audio for part in line.parts if hasattr(part, "audio")]
    sounds = services.settings.sounds
    (sounds / "en").mkdir(parents=True)
    for piece in pieces:
        (sounds / f"{piece}.wav").touch()
    ran = run("h", options=("--language", "en", "--play"))
    assert ran.exit_code == 0
    heard = played.read_text(encoding="utf-8").split()
    assert heard == [f"{sounds / piece}.wav" for piece in pieces]
    assert "sounds are not there: `hotline prompts build`" in ran.stderr


def test_without_a_player_it_is_said_and_shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call is led all the same."""
    monkeypatch.setenv("PATH", "/nowhere")
    ran = run("1", "h", options=("--play",))
    assert ran.exit_code == 0
    assert "no program here plays sound (aplay, play, paplay): it is shown only" in ran.stderr
    assert turns(ran) == ["language", "main"]


def process(typed: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command as people run it, with keys from a pipe."""
    return subprocess.run(
        [sys.executable, "-m", "hotline", "flow", "simulate"],
        input=typed,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("typed", "end"),
    [(("1", "4"), "abandoned, in ar"), ((*REPORT, "0", ""), "transferred to operators, in ar")],
)
def test_a_pipe_leads_a_whole_call(tmp_path: Path, typed: tuple[str, ...], end: str) -> None:
    """Nothing but the call is written, and no log."""
    done = process("".join(f"{line}\n" for line in typed), HOTLINE_STATE_DIR=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"\n> {typed[1]}\n" in done.stdout
    assert f"\n{OVER}{end}\n" in done.stdout


def test_a_wrong_flow_is_two_and_names_its_line(tmp_path: Path) -> None:
    """As every command that reads it."""
    config = tmp_path / "config"
    subprocess.run(["cp", "-r", str(CONFIG_DIR), str(config)], check=True)
    flow = config / "flows" / "940.yaml"
    flow.write_text(flow.read_text(encoding="utf-8").replace("root: main", "rot: main"), "utf-8")
    folders = {"HOTLINE_STATE_DIR": str(tmp_path / "state"), "HOTLINE_CONFIG_DIR": str(config)}
    done = process("1\n", **folders)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{flow}:" in done.stderr
