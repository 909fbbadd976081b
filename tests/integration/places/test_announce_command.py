"""`hotline announce`: as an admin types it, with a real voice, SQL and Redis."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner, Result

from hotline.main import cli
from hotline.settings import CONFIG_DIR
from places.on_air import ON_AIR_KEY, on_air
from tests.fixtures.databases import lay_migrated
from tests.fixtures.edited import own_config
from tests.fixtures.house import FILES
from tests.fixtures.sounds import silent_sounds

Command = Callable[..., Result]
ARABIC, ENGLISH = "أَمْطَارٌ غَزِيرَةْ.", "Heavy rain."


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, redis_url: str) -> Command:
    """The command, on an empty database, an empty Redis, and no sounds."""
    (tmp_path / "state").mkdir()
    lay_migrated(tmp_path / "state" / "hotline.db")
    monkeypatch.setenv("HOTLINE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("HOTLINE_SOUNDS_DIR", str(tmp_path / "sounds"))
    monkeypatch.setenv("REDIS_URL", redis_url)
    return lambda *words: CliRunner().invoke(cli, list(words))


def heard(url: str) -> list[dict[str, str]]:
    """What a call hears that begins now."""
    with redis.Redis.from_url(url) as client:
        stored = client.get(ON_AIR_KEY)
    assert stored is None or isinstance(stored, bytes)
    return [dict(one) for one in on_air(stored, time.time())]


def test_it_is_on_the_air_with_its_sound_until_it_is_ended(
    command: Command, redis_url: str, tmp_path: Path
) -> None:
    """Both rates of each text, at once."""
    words = ("--ar", ARABIC, "--en", ENGLISH, "--until", "+1h", "--who", "salem")
    added = command("announce", "add", *words, "--json")
    assert added.exit_code == 0, added.output
    made = json.loads(added.stdout)
    assert made["who"] == "salem"
    assert heard(redis_url) == [{"ar": ARABIC, "en": ENGLISH}]
    sounds = tmp_path / "sounds"
    assert len(list(sounds.glob("ar/*"))) == len(list(sounds.glob("en/*"))) == 2
    assert f"{made['id']}: on the air" in command("announce", "list").stdout
    assert command("announce", "end", made["id"]).exit_code == 0
    assert heard(redis_url) == []
    assert command("announce", "end", made["id"]).exit_code == 1
    assert json.loads(command("announce", "list", "--json").stdout) == []
    assert ": over from" in command("announce", "list", "--all").stdout


def test_a_template_is_put_on_the_air_by_its_name(command: Command, redis_url: str) -> None:
    """Each that ships; a text that is given stands in its place."""
    for name in ("rain", "outage", "holiday"):
        done = command("announce", "add", "--template", name, "--until", "+1h")
        assert done.exit_code == 0, done.output
    on_the_air = heard(redis_url)
    assert [set(texts) for texts in on_the_air] == [{"ar", "en", "ur"}] * 3
    *_, holiday = json.loads(command("announce", "list", "--json").stdout)
    command("announce", "end", holiday["id"])  # three are the most that a caller hears
    done = command("announce", "add", "--template", "rain", "--en", ENGLISH, "--until", "+1h")
    assert done.exit_code == 0, done.output
    assert heard(redis_url)[-1] == {**on_the_air[0], "en": ENGLISH}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--ar", "أمطار غَزِيرَةْ"), "ar: vowel marks are missing: أمطار"),
        (("--en", "Open from 8"), "en: write numbers in words"),
        (("--en", "<Dial>911</Dial>"), "en: the character < cannot be said"),
        (("--text", "xx=text"), "xx: there are prompts in ar, en"),
        (("--text", "text"), "--text is written CODE=TEXT"),
        (("--template", "snow"), "snow: there are the templates rain, outage, holiday"),
        ((), "needs a text in one language at least"),
        (("--en", ENGLISH, "--role", "operator"), "needs a supervisor"),
        (("--en", ENGLISH, "--until", "2020-01-01"), "its end must lie ahead"),
    ],
)
def test_what_cannot_be_said_is_refused_with_its_mend(
    command: Command, redis_url: str, words: tuple[str, ...], told: str
) -> None:
    """2, and nothing is on the air."""
    done = command("announce", "add", "--until", "+1h", *words)
    assert (done.exit_code, told in done.stderr) == (2, True), done.stderr
    assert heard(redis_url) == []


def test_a_voice_that_fails_puts_nothing_on_the_air(
    command: Command, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1, and why: callers would hear nothing where people think that they do."""
    monkeypatch.setenv("HOTLINE_VOICE__EN", "false")
    done = command("announce", "add", "--en", ENGLISH, "--until", "+1h")
    assert done.exit_code == 1
    assert done.stderr.startswith("nothing was put on the air: en: ")
    assert heard(redis_url) == []


def test_while_redis_is_away_it_is_kept_and_the_admin_told(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The relay tells the calls when it is back."""
    monkeypatch.setenv("REDIS_URL", f"unix://{tmp_path}/none.sock")
    done = command("announce", "add", "--en", ENGLISH, "--until", "+1h")
    assert done.exit_code == 0
    assert "Redis does not answer" in done.stderr
    assert len(json.loads(command("announce", "list", "--json").stdout)) == 1


def test_pruning_leaves_the_sounds_of_what_is_on_the_air_and_of_names(
    command: Command, tmp_path: Path
) -> None:
    """And takes them when nobody needs them any more."""
    command("announce", "add", "--en", ENGLISH, "--until", "+1h")
    command("gazetteer", "import", str(CONFIG_DIR / "gazetteer.sample.csv"), "--audio")
    sounds = tmp_path / "sounds"
    before = {path.name for path in sounds.glob("*/*")}
    assert len(before) == 62
    silent_sounds(FILES.catalogue, sounds)
    (sounds / "en" / "0123456789ab.wav").touch()
    pruned = command("prompts", "build", "--prune")
    assert pruned.exit_code == 0, pruned.output
    assert ", 1 taken away" in pruned.stdout
    assert before <= {path.name for path in sounds.glob("*/*")}
    (made,) = json.loads(command("announce", "list", "--json").stdout)
    command("announce", "end", made["id"])
    assert ", 1 taken away" in command("prompts", "build", "--prune").stdout


def test_a_wrong_template_is_told_with_file_line_and_mend(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whoever would use it; 2."""
    config = own_config(tmp_path)
    monkeypatch.setenv("HOTLINE_CONFIG_DIR", str(config))
    file = config / "announcements.yaml"
    file.write_text('fog:\n  en: "Fog."\n  ar: "ضباب"\n', encoding="utf-8")
    done = command("announce", "add", "--template", "fog", "--until", "+1h")
    assert done.exit_code == 2
    assert f"{file}:3: fog.ar: vowel marks are missing: ضباب" in done.stderr
