"""A voice that fails at texts costs callers another language, and the house nothing."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotline.bootstrap import Services
from hotline.cli.asterisk import asterisk_group
from hotline.cli.serve import prepare
from hotline.settings import Settings, load_settings
from tests.fixtures.asterisk_tree import lean_tree
from voice.wav import AudioError


@pytest.fixture
def voice(tmp_path: Path) -> str:
    """A program that can say the choice of a language, which is in both, and fails at all else."""
    path = tmp_path / "voice"
    path.write_text(
        "#!/bin/sh\ntext=$(cat)\n"
        'case $text in *لِلْعَرَبِيَّة*) printf %s "$text" | espeak-ng -v ar --stdin --stdout;; '
        "*) echo no credit >&2; exit 1;; esac\n",
        encoding="utf-8",
    )
    path.chmod(0o755)
    return str(path)


@contextmanager
def house(folder: Path, **more: str) -> Iterator[Services]:
    """A house with the sounds that `make setup` has made, and these settings."""
    for path in Settings().sounds.glob("*/*.wav*"):
        copy = folder / "sounds" / path.parent.name / path.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.hardlink_to(path)
    own = {
        "HOTLINE_STATE_DIR": str(folder / "state"),
        "HOTLINE_SOUNDS_DIR": str(folder / "sounds"),
    }
    with closing(Services(load_settings({**own, **more}))) as services:
        yield services


def test_the_house_starts_without_what_a_voice_failed_at(tmp_path: Path, voice: str) -> None:
    """Each text is told, and that it is heard in another language."""
    told: list[str] = []
    with house(tmp_path, HOTLINE_VOICE__AR=voice) as services:
        prepare(services, told.append)
    assert "could not be said: callers hear another language" in told.pop()
    assert told
    assert all(line.startswith("ar: ") and "failed: no credit" in line for line in told)


def test_the_house_does_not_start_where_no_language_has_a_prompt(tmp_path: Path) -> None:
    """Callers would hear nothing: the reasons are told, and which prompts they are."""
    told: list[str] = []
    broken = {"HOTLINE_VOICE__AR": "false", "HOTLINE_VOICE__EN": "false"}
    with (
        house(tmp_path, **broken) as services,
        pytest.raises(AudioError, match="prompts could be said in no language: "),
    ):
        prepare(services, told.append)
    assert {line[:4] for line in told} == {"ar: ", "en: "}


@pytest.mark.asterisk
def test_an_asterisk_is_installed_without_what_a_voice_failed_at(
    tmp_path: Path, voice: str
) -> None:
    """What there is is laid; what is not is told where errors go."""
    tree = tmp_path / "tree"
    tree.mkdir(mode=0o755)
    lean_tree(tree)
    with house(tmp_path, HOTLINE_VOICE__AR=voice) as services:
        words = ["install", "--to", str(tree)]
        done = CliRunner().invoke(asterisk_group, words, obj=services)
    assert done.exit_code == 0, done.output
    assert "laid " in done.stdout
    assert "failed: no credit" in done.stderr
    assert "callers hear another language" in done.stderr
