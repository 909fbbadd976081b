"""One folder, and all that follows from it."""

import getpass
from pathlib import Path

import pytest

from hotline.environment import SettingsWrong
from hotline.installation.init import init
from hotline.installation.rights import steward
from hotline.settings import CONFIG_DIR, SECRET_NAMES, Settings, load_settings
from hotline.stack import to_environment
from tests.unit.settings.test_readme import names


def home(folder: Path, *lines: str) -> dict[str, str]:
    """An installation whose hotline.env has these lines, and the variable that names it."""
    (folder / "hotline.env").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {"HOTLINE_HOME": str(folder)}


def test_everything_follows_from_one_variable(tmp_path: Path) -> None:
    """Configuration, state and sounds are parts of the folder."""
    settings = load_settings(home(tmp_path, "HOTLINE_AGI__MAX_CALLS=7"))
    assert settings.config_dir == tmp_path / "config"
    assert settings.state_dir == tmp_path / "state"
    assert settings.sounds == tmp_path / "sounds"
    assert settings.agi.max_calls == 7


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    """A unit may set one thing for one role, a person for one command."""
    given = home(tmp_path, "HOTLINE_AGI__MAX_CALLS=7", "HOTLINE_STATE_DIR=/from/file")
    settings = load_settings({**given, "HOTLINE_AGI__MAX_CALLS": "9"})
    assert settings.agi.max_calls == 9
    assert settings.state_dir == Path("/from/file")


def test_a_secret_of_the_environment_goes_before_one_of_the_file(tmp_path: Path) -> None:
    """Whichever of them is given as a file; in one place both are still a mistake."""
    (tmp_path / "redis").write_text("redis://of-the-file/0")
    named = f"REDIS_URL_FILE={tmp_path / 'redis'}"
    given = home(tmp_path, named)
    assert load_settings(given).redis == "redis://of-the-file/0"
    assert load_settings({**given, "REDIS_URL": "redis://given/0"}).redis == "redis://given/0"
    given = home(tmp_path, "REDIS_URL=redis://written/0")
    of_file = {**given, "REDIS_URL_FILE": str(tmp_path / "redis")}
    assert load_settings(of_file).redis == "redis://of-the-file/0"
    with pytest.raises(SettingsWrong, match="both set"):
        load_settings(home(tmp_path, named, "REDIS_URL=redis://written/0"))


def test_twilios_own_name_in_the_environment_goes_before_ours_in_the_file(tmp_path: Path) -> None:
    """They are one setting."""
    in_file, given = f"AC{'0' * 32}", f"AC{'1' * 32}"
    where = home(tmp_path, f"HOTLINE_TWILIO__ACCOUNT_SID={in_file}")
    assert load_settings(where).twilio.account_sid == in_file
    found = load_settings({**where, "TWILIO_ACCOUNT_SID": given})
    assert found.twilio.account_sid == given


def test_mistakes_of_the_file_are_told_by_file_and_line(tmp_path: Path) -> None:
    """Beside those of the environment."""
    given = home(tmp_path, "# all well", "HOTLINE_AGI__MAX_CALLS 7", "HOTLINE_STATEDIR=x")
    with pytest.raises(SettingsWrong) as caught:
        load_settings({**given, "HOTLINE_TIMEZONE": "Mars"})
    text = str(caught.value)
    assert f"{tmp_path / 'hotline.env'}:2: is neither NAME=value nor a comment" in text
    assert "HOTLINE_STATEDIR is not a setting" in text
    assert "HOTLINE_TIMEZONE" in text


@pytest.mark.parametrize(
    "lines",
    [
        ('DATABASE_URL="postgresql://db/hotline', "HOTLINE_AGI__MAX_CALLS=7"),
        ('DATABASE_URL="postgresql://db/hotline', 'HOTLINE_JURISDICTION="'),
        ("DATABASE_URL='postgresql://db/'hotline",),
    ],
)
def test_a_value_of_which_a_quotation_mark_is_missing_is_a_mistake(
    tmp_path: Path, lines: tuple[str, ...]
) -> None:
    """Tickets must not go into a record that nobody named."""
    with pytest.raises(SettingsWrong, match=r"hotline\.env:1: has a quotation mark"):
        load_settings(home(tmp_path, *lines))


def test_a_value_is_taken_as_it_stands(tmp_path: Path) -> None:
    """Passwords have dollars: none is a variable."""
    settings = load_settings(home(tmp_path, "REDIS_URL=redis://:p$HOME${x}@redis/0"))
    assert settings.redis == "redis://:p$HOME${x}@redis/0"


def test_a_home_that_is_not_there_yet_is_no_mistake(tmp_path: Path) -> None:
    """Somebody has to be able to make it; the package's configuration is read meanwhile."""
    settings = load_settings({"HOTLINE_HOME": str(tmp_path / "later")})
    assert settings.config_dir == CONFIG_DIR
    with pytest.raises(SettingsWrong, match="absolute"):
        load_settings({"HOTLINE_HOME": "later"})


def test_children_of_the_stack_are_not_told_of_the_home(tmp_path: Path) -> None:
    """They would read from it the secrets that they are not given."""
    settings = load_settings(home(tmp_path, "HOTLINE_AGI__MAX_CALLS=7"))
    told = to_environment(settings)
    assert "HOTLINE_HOME" not in told
    again = load_settings(told)
    assert again.home is None
    assert again.state_dir == settings.state_dir
    assert again.agi == settings.agi


def test_what_children_are_told_is_what_was_set() -> None:
    """A folder that is not set is none that is called None, and voices stay a mapping."""
    settings = load_settings({"HOTLINE_TWILIO__VOICES": '{"ur": "Polly.Kajal-Neural hi-IN"}'})
    again = load_settings(to_environment(settings))
    assert again.agi.recordings_dir is None
    assert again.twilio.voices == {"ur": "Polly.Kajal-Neural hi-IN"}


def test_every_name_in_the_file_that_init_makes_is_a_setting(tmp_path: Path) -> None:
    """Those behind a comment sign too: somebody will take the sign away."""
    folder = tmp_path / "940"
    list(init(folder, CONFIG_DIR, steward(getpass.getuser())))
    text = (folder / "hotline.env").read_text(encoding="utf-8")
    known = names() | {f"{name}_FILE" for name in SECRET_NAMES}
    said = {
        line.removeprefix("#").partition("=")[0]
        for line in text.splitlines()
        if "=" in line and not line.startswith("# ")
    }
    assert len(said) > 10
    assert said <= known
    assert isinstance(load_settings({"HOTLINE_HOME": str(folder)}), Settings)
