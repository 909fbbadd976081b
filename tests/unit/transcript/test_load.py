"""A transcript file says one call, or says file, line and key of what is wrong in it."""

from pathlib import Path

import pytest

from lab.inputs import Dictate, Leave, Listen, Press, Silent, Speak
from lab.transcript import Blocked, GivenTicket, TranscriptError, find_transcripts, load_transcript
from tests.fixtures.callers import FOLDER, PATHS, written

WHOLE = """\
name: Everything at once
caller: "+966501234567"
attestation: B
given:
  blocked: {reason: harassment, days: 7}
  tickets: [{service_code: RD_HOLE, status: in_progress, reference: auto}]
turns:
  - hear: [welcome, language]
    press: "1"
  - press: "{reference}#"
  - silent: true
  - speak: "حفرة"
  - record: 3
  - hang_up: true
then:
  disposition: abandoned
  verdict: block
  language: ar
  transferred_to: operators
  heard: [reference]
  tickets:
    - {kind: report, address: {building_number: "7421"}}
"""


def test_every_field_of_the_contract_is_read(tmp_path: Path) -> None:
    """What is written arrives as data, with the lines for later messages."""
    call = load_transcript(written(tmp_path, WHOLE))
    assert (call.name, call.caller, call.withheld) == ("Everything at once", "+966501234567", False)
    assert call.attestation == "B"
    assert call.blocked == Blocked("harassment", 7, line=5)
    assert call.tickets == (GivenTicket("RD_HOLE", "in_progress", "auto", line=6),)
    assert [step.input for step in call.steps] == [
        *(Press("1"), Press("{reference}#"), Silent(), Speak("حفرة"), Dictate(3), Leave()),
    ]
    assert call.steps[0].hear == ("welcome", "language")
    assert [step.line for step in call.steps] == [8, 10, 11, 12, 13, 14]
    then = call.then
    assert (then.disposition, then.verdict, then.language) == ("abandoned", "block", "ar")
    assert (then.transferred_to, then.heard) == ("operators", ("reference",))
    assert then.tickets == ({"kind": "report", "address": {"building_number": "7421"}},)


def test_what_is_left_out_is_not_looked_at(tmp_path: Path) -> None:
    """`then` may be left out, and so may each of its keys; no tickets is not "any tickets"."""
    call = load_transcript(written(tmp_path, "name: x\nwithheld: true\nturns: []\n"))
    assert call.then.tickets is None
    assert call.then.disposition is None
    empty = "name: x\nwithheld: true\nturns: []\nthen: {tickets: []}\n"
    assert load_transcript(written(tmp_path, empty)).then.tickets == ()


def test_the_last_turn_may_only_listen(tmp_path: Path) -> None:
    """`hear` alone is an end; anywhere else an input is missing."""
    head = 'name: x\ncaller: "1"\nturns:\n'
    call = load_transcript(written(tmp_path, head + "  - hear: [operator]\n"))
    assert [step.input for step in call.steps] == [Listen()]
    text = head + '  - hear: [main]\n  - press: "1"\n'
    with pytest.raises(TranscriptError, match=r"call\.yaml:4: turns\.0: only the last turn"):
        load_transcript(written(tmp_path, text))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("turns:\n  - press: 1", ':4: turns.0.press: must be text: put it in quotes, as in "1"'),
        ('turns:\n  - press: "1"\n  - press: 2', ":5: turns.1.press: must be text"),
        ('turns:\n  - press: "1a"', ":4: turns.0.press: keys are 0 to 9"),
        ('turns:\n  - press: "١"', ":4: turns.0.press: keys are 0 to 9"),
        ('turns:\n  - press: "1\\n"', ":4: turns.0.press: keys are 0 to 9"),
        ('turns:\n  - press: ""', ":4: turns.0.press: keys are 0 to 9"),
        ('turns:\n  - presss: "1"', ":4: turns.0.presss: is not known here"),
        ('turns:\n  - {press: "1", silent: true}', ":4: turns.0: one input a turn"),
        ("turns:\n  - {}", ":4: turns.0: a turn needs one of press"),
        ("turns:\n  - silent: false", ":4: turns.0.silent: "),
        ("turns:\n  - record: 0", ":4: turns.0.record: "),
        ('turns:\n  - record: "3"', ":4: turns.0.record: "),
        ("turns:\n  - hear: [Main]", ":4: turns.0.hear.0: a prompt's key is written like welcome"),
        ("turns:\n  - hang_up: true\n  - silent: true", ":5: turns.1: nothing can follow hang_up"),
        ("turns: []\nthen: {disposition: done}", ":4: then.disposition: "),
        ("turns: []\nthen: {verdict: maybe}", ":4: then.verdict: "),
        ("turns: []\nthen:\n  dispositon: completed", ":5: then.dispositon: is not known here"),
        ("turns: []\nattestation: D", ":4: attestation: "),
        ("turns: []\ngiven: {blocked: {reason: abuse}}", ":4: given.blocked.days: is missing"),
        ("turns: []\ngiven: [x]", ":4: given: must be a mapping"),
        ("turns: []\nturns: []", ':4: found duplicate key "turns"'),
        ("turns: [", ":4: "),
        ("", ":1: turns: is missing"),
    ],
)
def test_a_wrong_file_is_told_by_file_line_and_key(
    tmp_path: Path, lines: str, message: str
) -> None:
    """Every message begins with the file and the line of the mistake."""
    path = written(tmp_path, f'name: x\ncaller: "+966501234567"\n{lines}\n')
    with pytest.raises(TranscriptError) as wrong:
        load_transcript(path)
    assert wrong.value.messages[0].startswith(f"{path}{message}"), wrong.value


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    """Whoever mends the file mends it once."""
    text = "name: x\ncaller: 966\nturns:\n  - press: 1\nthen: {language: arabic}\n"
    with pytest.raises(TranscriptError) as wrong:
        load_transcript(written(tmp_path, text))
    assert len(wrong.value.messages) == 3


def test_a_call_needs_a_caller(tmp_path: Path) -> None:
    """An empty number may be sent, but somebody must say so."""
    with pytest.raises(TranscriptError, match=r":1: caller: write caller, or withheld: true"):
        load_transcript(written(tmp_path, "name: x\nturns: []\n"))
    assert load_transcript(written(tmp_path, 'name: x\ncaller: ""\nturns: []\n')).caller == ""


@pytest.mark.parametrize("text", ["- a list\n", "just words\n", "", "\x00"])
def test_what_is_no_transcript_at_all_is_refused(tmp_path: Path, text: str) -> None:
    """No text makes the loader fail in another way than with TranscriptError."""
    with pytest.raises(TranscriptError, match=r"call\.yaml:1: "):
        load_transcript(written(tmp_path, text))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """Nor do bytes."""
    path = tmp_path / "call.yaml"
    path.write_bytes(b"name: \xff\xfe\n")
    with pytest.raises(TranscriptError, match="UTF-8"):
        load_transcript(path)


def test_a_folder_stands_for_every_transcript_in_it(tmp_path: Path) -> None:
    """In the order of names, folders below included; other files are not looked at."""
    (tmp_path / "sub").mkdir()
    for name in ("b.yaml", "a.yaml", "sub/c.yml", "notes.txt"):
        (tmp_path / name).touch()
    found = [str(path.relative_to(tmp_path)) for path in find_transcripts(tmp_path)]
    assert found == ["a.yaml", "b.yaml", "sub/c.yml"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_repositorys_transcripts_can_be_read(path: Path) -> None:
    """And each expects something."""
    call = load_transcript(path)
    assert call.then.disposition or call.then.transferred_to


def test_every_group_of_reports_has_a_transcript() -> None:
    """One report of each of the five groups, with its service code and address."""
    codes = set()
    for path in FOLDER.glob("report_*.yaml"):
        (ticket,) = load_transcript(path).then.tickets or ()
        assert ticket["address"].keys() == {"building_number", "postal_code"}
        codes.add(ticket["service_code"])
    assert codes == {"PST_INSECT", "RD_HOLE", "SW_COVER", "BD_DANGER", "PK_TREE"}
