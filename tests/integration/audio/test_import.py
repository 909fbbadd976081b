"""A studio's folder is imported as far as it is good, at once, and told file by file."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hotline.bootstrap import Services
from hotline.cli.prompts import prompts_group
from hotline.doctor.checks import voices
from hotline.settings import Settings, load_settings
from hotline.studio import outdated_takes
from hotline.takes import import_takes
from ivr.turn import Prompt
from tests.fixtures.edited import own_config
from tests.fixtures.processes import wait_until
from tests.fixtures.studio import speech, take
from voice.exchange import put_in_place, staged
from voice.incoming import incoming
from voice.ready import check
from voice.script import Take
from voice.studio import recording_hashes

WELCOME_S = 3.0


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Services]:
    """A house with files of its own, and all sounds that `make setup` has made."""
    config = own_config(tmp_path)
    _hard_links(Settings().sounds, tmp_path / "sounds")
    settings = load_settings(
        {
            "HOTLINE_STATE_DIR": str(tmp_path / "state"),
            "HOTLINE_CONFIG_DIR": str(config),
            "HOTLINE_SOUNDS_DIR": str(tmp_path / "sounds"),
        }
    )
    with closing(Services(settings)) as services:
        yield services


def _hard_links(made: Path, folder: Path) -> None:
    """The sounds that there are, without a copy of each."""
    for path in made.glob("*/*.wav*"):
        copy = folder / path.relative_to(made)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.hardlink_to(path)


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    """What a studio sends: two good takes, each in a form of its own."""
    folder = tmp_path / "takes"
    take(folder / "ar" / "welcome.wav", speech(WELCOME_S))
    take(folder / "ar" / "digit.2.flac", speech(0.5), "FLAC")
    return folder


def imported(house: Services, folder: Path, *more: str) -> Result:
    """The command."""
    return CliRunner().invoke(prompts_group, ["import", str(folder), *more], obj=house)


def told(done: Result) -> dict[str, str]:
    """What became of each take or file, by its name."""
    report = json.loads(done.stdout)
    taken = {one["name"]: one["outcome"] for one in report["taken"]}
    return taken | {Path(one["file"]).name: one["why"] for one in report["refused"]}


def recordings(house: Services) -> dict[str, str]:
    """The recordings that are kept."""
    return recording_hashes(house.recorded_prompts)


def test_good_takes_are_kept_heard_and_there_in_both_rates(house: Services, sent: Path) -> None:
    """A prompt, and a digit in whatever is read out."""
    done = imported(house, sent, "--json")
    assert done.exit_code == 0, done.output
    assert told(done) == {"ar/welcome": "new", "ar/digit.2": "new"}
    now = house.read_again().catalogue
    recorded = {one.recording for one in now.sources.values() if one.recording}
    assert recorded == {"ar/welcome", "ar/digit.2"}
    assert now.unused_recordings == ()
    (name,) = now.placeholders("ar", "queue_place")
    place = now.speak("ar", Prompt("queue_place", {name: "2"}))
    assert {now.sources[piece.audio].recording for piece in place} == {""}, "no digit is in it"
    assert now.sources[now.words["ar"]["اِثْنَيْنْ"].audio].recording == "ar/digit.2"
    assert check(now, house.settings.sounds) == []
    for path in house.recorded_prompts.glob("*/*.wav"):
        assert path.stat().st_mode & 0o777 == 0o644


def test_an_import_that_is_repeated_changes_nothing(house: Services, sent: Path) -> None:
    """The files are not even written again."""
    imported(house, sent)
    before = {path: path.stat().st_mtime_ns for path in house.recorded_prompts.glob("*/*")}
    done = imported(house, sent, "--json")
    assert (done.exit_code, set(told(done).values())) == (0, {"same"})
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_bad_takes_are_left_out_and_told_and_good_ones_imported(
    house: Services, sent: Path
) -> None:
    """Nothing of a bad one is kept; the status says that somebody has to look."""
    arabic = sent / "ar"
    take(arabic / "goodbye.wav", speech(20.0))
    take(arabic / "noinput_1.wav", speech(2.5, level=-25.0, room=-38.0))
    take(arabic / "digit.3.wav", speech(0.5, level=-70.0, room=-120.0))
    take(arabic / "welcom.wav", speech(2.0))
    take(arabic / "word.twenty.wav", speech(0.5))
    take(arabic / "letter.r.wav", speech(0.5))
    take(arabic / "letter.R.flac", speech(0.5), "FLAC")
    take(sent / "arabic" / "digit.4.wav", speech(0.5))
    take(sent / "digit.5.wav", speech(0.5))
    (arabic / "digit.6.m4a").write_bytes(b"x")
    (arabic / "script.csv").write_text("notes lie beside takes")
    (arabic / ".DS_Store").write_bytes(b"x")
    done = imported(house, sent, "--json")
    assert done.exit_code == 1
    found = told(done)
    for name, why in {
        "goodbye.wav": "too long",
        "noinput_1.wav": "noisy",
        "digit.3.wav": "too quiet",
        "welcom.wav": "the nearest is welcome",
        "word.twenty.wav": "a take in en",
        "letter.r.wav": "one of several",
        "letter.R.flac": "one of several",
        "digit.4.wav": "arabic is no language",
        "digit.5.wav": "say its language",
        "digit.6.m4a": "no WAV, FLAC or MP3",
    }.items():
        assert why in found.pop(name)
    assert found == {"ar/welcome": "new", "ar/digit.2": "new"}
    assert set(recordings(house)) == {"ar/welcome", "ar/digit.2"}


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_a_take_that_is_no_regular_file_is_left_out_and_told(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    """A pipe that nobody writes to would be waited for without end, a device has none."""
    path = tmp_path / "ar" / "welcome.wav"
    path.parent.mkdir()
    make(path)
    one = Take("welcome", "ar", "", "falls", after_value=False, core=True)
    assert incoming(tmp_path, {"ar": [one]}, None).refused == ((path, "is no regular file"),)


def test_what_is_missing_is_told(house: Services, sent: Path) -> None:
    """Of the languages that came; it is no mistake."""
    missing = json.loads(imported(house, sent, "--json").stdout)["missing"]
    assert "ar/goodbye" in missing
    assert "ar/welcome" not in missing
    assert not [name for name in missing if name.startswith("en/")]
    shown = imported(house, sent)
    assert "takes are missing" in shown.output
    assert shown.exit_code == 0


def test_a_folder_of_one_language_needs_no_folder_in_it(house: Services, tmp_path: Path) -> None:
    """The option says which it is; another's folder is not taken for it."""
    folder = tmp_path / "flat"
    take(folder / "welcome.mp3", speech(WELCOME_S), "MP3")
    take(folder / "ar" / "goodbye.wav", speech(2.0))
    done = imported(house, folder, "--language", "en", "--json")
    assert done.exit_code == 1
    assert told(done) == {
        "en/welcome": "new",
        "goodbye.wav": "is in the folder of ar, and --language is en",
    }


@pytest.mark.parametrize(
    ("folder", "more"), [("nowhere", ()), ("takes", ("--language", "xx"))], ids=["folder", "voice"]
)
def test_a_folder_or_language_that_is_not_there_is_wrong_usage(
    house: Services, sent: Path, folder: str, more: tuple[str, ...]
) -> None:
    """And nothing is made."""
    done = imported(house, sent.parent / folder, *more)
    assert done.exit_code == 2
    assert not house.recorded_prompts.exists()


def test_a_changed_take_stands_in_for_the_one_before(house: Services, sent: Path) -> None:
    """The others stay as they are."""
    imported(house, sent)
    before = recordings(house)
    take(sent / "ar" / "welcome.wav", speech(WELCOME_S, seed=5))
    done = imported(house, sent, "--json")
    assert told(done) == {"ar/welcome": "changed", "ar/digit.2": "same"}
    after = recordings(house)
    assert after["ar/digit.2"] == before["ar/digit.2"]
    assert after["ar/welcome"] != before["ar/welcome"]
    assert list(house.recorded_prompts.parent.glob(".*")) == [], "nothing half done is left"


def test_of_two_imports_at_once_neither_is_lost(house: Services, tmp_path: Path) -> None:
    """The second waits until the first is in its place, and builds on it."""
    first, second = tmp_path / "first", tmp_path / "second"
    take(first / "ar" / "digit.2.wav", speech(0.5))
    take(second / "ar" / "digit.3.wav", speech(0.5))
    other = threading.Thread(target=import_takes, args=(house.read_again(), second, None))
    lock = f":{house.recorded_prompts.parent.stat().st_ino} "

    def waits() -> bool:
        locks = Path("/proc/locks").read_text().splitlines()
        return any("->" in line and lock in line for line in locks)

    @contextmanager
    def begun_beside() -> Iterator[None]:
        """The second begins when the first has staged its takes."""
        other.start()
        wait_until(lambda: waits() or not other.is_alive(), 60)
        yield

    import_takes(house, first, None, as_roles=begun_beside)
    other.join(60)
    assert set(recordings(house)) == {"ar/digit.2", "ar/digit.3"}


def test_a_take_that_somebody_takes_away_leaves_no_silence(house: Services, sent: Path) -> None:
    """The machine's sound is still there, and is heard again."""
    before = house.catalogue.speak("ar", Prompt("welcome"))
    imported(house, sent)
    (house.recorded_prompts / "ar" / "welcome.wav").unlink()
    now = house.read_again().catalogue
    assert now.speak("ar", Prompt("welcome")) == before
    assert check(now, house.settings.sounds) == []


def test_a_take_of_words_that_have_changed_is_told_until_it_is_said_anew(
    house: Services, sent: Path
) -> None:
    """It is heard meanwhile; another mark in the text is no other word."""
    imported(house, sent)
    prompts = house.settings.config_dir / "prompts" / "ar.yaml"
    text = prompts.read_text(encoding="utf-8")
    before = outdated_takes(house.read_again())
    line = next(line for line in text.splitlines() if line.startswith("welcome:"))
    prompts.write_text(text.replace(line, line.replace(".", "!")), encoding="utf-8")
    assert outdated_takes(house.read_again()) == before == []
    prompts.write_text(
        text.replace(line, 'welcome: "السَّلَامُ عَلَيْكُمْ، هُنَا عَمَلِيَّاتُ الْأَمَانَةْ."'), encoding="utf-8"
    )
    now = house.read_again()
    assert [take.full_name for take in outdated_takes(now)] == ["ar/welcome"]
    (warned,) = [check for check in voices(now) if check.name == "takes"]
    assert (warned.passed, warned.warns) == (True, True)
    assert "ar/welcome" in warned.found
    assert imported(now, sent).exit_code == 0, "who sends it again says that it is right"
    assert outdated_takes(house.read_again()) == []


@pytest.fixture
def closed_umask() -> Iterator[None]:
    """Of an admin whose files are for themselves alone."""
    before = os.umask(0o077)
    yield
    os.umask(before)


def exchanged(folder: Path, name: str) -> None:
    """A take of that name beside those that there are."""
    with staged(folder, {name: b"take"}) as stage:
        put_in_place(stage, folder)


@pytest.mark.usefixtures("closed_umask")
def test_the_roles_can_read_what_was_imported_whatever_the_umask(tmp_path: Path) -> None:
    """The folder of recordings, those of its languages, and their files."""
    folder = tmp_path / "recordings"
    for name in ("ar/1.wav", "en/2.wav"):
        exchanged(folder, name)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.rglob("*"))}
    files = {"1.wav": 0o644, "2.wav": 0o644}
    assert modes == {"recordings": 0o755, "ar": 0o755, "en": 0o755, **files}


@pytest.mark.usefixtures("closed_umask")
def test_an_import_leaves_the_folder_whose_it_was(tmp_path: Path) -> None:
    """And as open as it was: an admin may have given it to a group."""
    folder = tmp_path / "recordings"
    (folder / "ar").mkdir(parents=True)
    owner = (4321, 1234) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    os.chown(folder, *owner)
    folder.chmod(0o2775)
    exchanged(folder, "en/1.wav")
    found = folder.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (*owner, 0o2775)
    inner = (folder / "en").stat()
    assert (inner.st_uid, inner.st_gid, inner.st_mode & 0o777) == (*owner, 0o755)


def test_recordings_are_exchanged_whole(tmp_path: Path) -> None:
    """Who looks in meanwhile finds all the old ones, or all the new."""
    folder = tmp_path / "recordings"
    names = [f"ar/{number}" for number in range(40)]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.wav").write_bytes(b"old")
    seen: set[frozenset[bytes]] = set()
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            try:
                opened = os.open(folder, os.O_RDONLY)
            except FileNotFoundError:
                seen.add(frozenset({b"gone"}))
                continue
            found = set()
            try:
                for name in names:
                    with os.fdopen(os.open(f"{name}.wav", os.O_RDONLY, dir_fd=opened), "rb") as one:
                        found.add(one.read())
            except FileNotFoundError:
                continue  # what it had opened was exchanged meanwhile, and has been taken away
            finally:
                os.close(opened)
            seen.add(frozenset(found))

    looker = threading.Thread(target=look)
    looker.start()
    for turn in range(20):
        files = dict.fromkeys((f"{name}.wav" for name in names), b"new %d" % turn)
        with staged(folder, files) as stage:
            put_in_place(stage, folder)
    over.set()
    looker.join()
    assert {len(found) for found in seen} == {1}
    assert frozenset({b"gone"}) not in seen
    assert (folder / "ar" / "3.wav").read_bytes() == b"new 19"
