"""How the environment becomes settings."""

import json
import pickle
from pathlib import Path

import pytest

from hotline.environment import SettingsWrong
from hotline.settings import Settings, load_settings


def test_nothing_need_be_set() -> None:
    """The embedded stack runs without a single variable."""
    settings = load_settings({})
    assert settings.agi.ports == (4573, 4574)
    assert settings.agi.host == "127.0.0.1"
    assert settings.database.startswith("sqlite:///")
    assert settings.redis.startswith("unix://")
    assert settings.timezone == "Asia/Riyadh"


def test_names_are_prefixed_and_nested_and_lists_have_commas() -> None:
    """One spelling for every setting."""
    settings = load_settings(
        {
            "HOTLINE_STATE_DIR": "/srv/940",
            "HOTLINE_AGI__PORTS": "5001, 5002,5003",
            "HOTLINE_AGI__ALLOWED_NETWORKS": "10.1.0.0/16,::1/128",
            "HOTLINE_DELIVERIES__ATTEMPTS": "3",
            "REDIS_URL": "redis://redis:6379/0",
            "DATABASE_URL": "postgresql+psycopg://db/hotline",
            "PATH": "/usr/bin",
        }
    )
    assert settings.state_dir == Path("/srv/940")
    assert settings.agi.ports == (5001, 5002, 5003)
    assert [str(network) for network in settings.agi.allowed_networks] == ["10.1.0.0/16", "::1/128"]
    assert settings.deliveries.attempts == 3
    assert settings.redis == "redis://redis:6379/0"
    assert settings.database == "postgresql+psycopg://db/hotline"


def test_every_mistake_is_told_at_once() -> None:
    """A person mends the settings in one go, each line naming the variable."""
    with pytest.raises(SettingsWrong) as caught:
        load_settings(
            {
                "REDIS_URL": "http://localhost",
                "HOTLINE_AGI__PORTS": "4573,none",
                "HOTLINE_AGI__MAX_CALLS": "0",
                "HOTLINE_AGI__MAXCALLS": "5",
                "HOTLINE_AGI__ALLOWED_NETWORKS": "everyone",
                "HOTLINE_STATEDIR": "x",
                "HOTLINE_TIMEZONE": "Mars/Olympus",
                "DATABASE_URL_FILE": "/nonexistent/file",
            }
        )
    text = str(caught.value)
    for name in (
        "REDIS_URL: must begin with redis://",
        "HOTLINE_AGI__PORTS",
        "HOTLINE_AGI__MAX_CALLS",
        "HOTLINE_AGI__MAXCALLS: is not a setting",
        "HOTLINE_AGI__ALLOWED_NETWORKS",
        "HOTLINE_STATEDIR is not a setting: did you mean HOTLINE_STATE_DIR?",
        "HOTLINE_TIMEZONE: is not a time zone",
        "DATABASE_URL_FILE cannot be read",
    ):
        assert name in text
    assert len(caught.value.problems) == 8


def test_a_group_set_as_one_text_is_explained() -> None:
    """Groups are set field by field."""
    with pytest.raises(SettingsWrong, match="field"):
        load_settings({"HOTLINE_LOG": "debug"})


SECRET = "hunter2hunter2"
OLD, NEW = f"whsec_{SECRET}{'A' * 18}", f"whsec_{SECRET}{'B' * 18}"


def with_secrets() -> Settings:
    """Settings that hold a secret in every place one can stand."""
    return load_settings(
        {
            "REDIS_URL": f"redis://:{SECRET}@redis:6379/0",
            "DATABASE_URL": f"postgresql://u:{SECRET}@db/hotline",
            "HOTLINE_BACKOFFICE__SECRETS": f"{NEW},{OLD}",
        }
    )


def test_secrets_are_never_shown() -> None:
    """Neither repr, str, nor JSON of the settings holds a secret."""
    settings = with_secrets()
    assert SECRET in settings.redis
    assert settings.backoffice.secrets[1].get_secret_value() == OLD
    for shown in (repr(settings), str(settings), settings.model_dump_json(), str(vars(settings))):
        assert SECRET not in shown


def test_a_wrong_secret_is_not_repeated_in_the_message() -> None:
    """A typing error in an address does not put its password into the log."""
    with pytest.raises(SettingsWrong) as caught:
        load_settings({"REDIS_URL": f"reddis://:{SECRET}@redis", "HOTLINE_AGI__MAX_CALLS": SECRET})
    assert SECRET not in str(caught.value)
    assert SECRET not in json.dumps(caught.value.problems)


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    """As container platforms hand them in; the line's end is not part of it."""
    path = tmp_path / "redis"
    path.write_text("redis://:pw@redis/0\n")
    assert load_settings({"REDIS_URL_FILE": str(path)}).redis == "redis://:pw@redis/0"


def test_a_secret_given_twice_is_a_mistake(tmp_path: Path) -> None:
    """It would be anyone's guess which one counts."""
    path = tmp_path / "redis"
    path.write_text("redis://a")
    with pytest.raises(SettingsWrong, match="both set"):
        load_settings({"REDIS_URL_FILE": str(path), "REDIS_URL": "redis://b"})


def test_dotenv_files_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file left lying in the working folder changes nothing."""
    (tmp_path / ".env").write_text("HOTLINE_AGI__MAX_CALLS=1\nREDIS_URL=redis://evil\n")
    monkeypatch.chdir(tmp_path)
    assert load_settings({}).agi.max_calls == 600
    assert load_settings({}).redis_url is None


def test_settings_cannot_be_changed() -> None:
    """They are read once."""
    settings = load_settings({})
    with pytest.raises(ValueError, match="frozen"):
        settings.timezone = "UTC"  # type: ignore[misc]  # it is what is shown
    with pytest.raises(ValueError, match="frozen"):
        settings.agi.max_calls = 1  # type: ignore[misc]  # likewise


def test_the_environment_is_read_only_through_load_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Settings built by hand, as tests do, take nothing from around them."""
    monkeypatch.setenv("HOTLINE_AGI__MAX_CALLS", "7")
    assert Settings().agi.max_calls == 600
    assert load_settings().agi.max_calls == 7


def test_the_socket_of_a_deep_state_folder_stays_short(tmp_path: Path) -> None:
    """The kernel refuses long socket paths; the same folder always gets the same short one."""
    deep = tmp_path / ("x" * 120)
    first, second = Settings(state_dir=deep), Settings(state_dir=deep)
    assert len(first.redis) < 110
    assert first.redis == second.redis
    assert Settings(state_dir=tmp_path / ("y" * 120)).redis != first.redis


def test_settings_travel_to_other_processes() -> None:
    """Spawned processes get them whole."""
    assert pickle.loads(pickle.dumps(with_secrets())) == with_secrets()


def test_emergency_lines_are_kept_as_calls_are_compared_with_them() -> None:
    """Full numbers in E.164, however they are written; short ones as they are dialled."""
    lines = load_settings({"HOTLINE_EMERGENCY_LINES": "9401, 0126140911,+966126140912,997"})
    assert lines.emergency_lines == ("9401", "+966126140911", "+966126140912", "997")
    lines = load_settings({"HOTLINE_EMERGENCY_LINES": "٩٤٠١,(012) 614―0911,052~123~4567"})
    assert lines.emergency_lines == ("9401", "+966126140911", "+966521234567")


@pytest.mark.parametrize(
    "written", ["+966\u201512\u3000614~0000", "\uff08012\uff09614 0000", "00966126140000"]
)
def test_our_own_numbers_are_taken_however_they_are_written(written: str) -> None:
    """Operators and the number that is shown: in E.164 from here on."""
    given = {"HOTLINE_TWILIO__OPERATORS": written, "HOTLINE_TWILIO__CALLER_ID": written}
    twilio = load_settings(given).twilio
    assert (twilio.operators, twilio.caller_id) == ("+966126140000", "+966126140000")


def test_who_sits_at_a_telephone_is_a_pair_of_names() -> None:
    """Blanks around them are none of theirs; half a pair is refused."""
    told = load_settings({"HOTLINE_TELEPHONES": "operator-1 = Amal Saad, operator-2=badr"})
    assert told.telephones == (("operator-1", "Amal Saad"), ("operator-2", "badr"))
    for wrong in ("operator-1", "operator-1=", "=amal", "op 1=amal"):
        with pytest.raises(SettingsWrong, match="HOTLINE_TELEPHONES"):
            load_settings({"HOTLINE_TELEPHONES": wrong})


def test_short_numbers_that_pass_unasked_are_kept_as_calls_are_compared_with_them() -> None:
    """Only short ones: a full number is allowed by a person, who is named in the audit."""
    exempt = load_settings({"HOTLINE_SCREENING__EXEMPT": "911, ٩٩٧"}).screening.exempt
    assert exempt == ("911", "997")
    with pytest.raises(SettingsWrong, match="HOTLINE_SCREENING__EXEMPT"):
        load_settings({"HOTLINE_SCREENING__EXEMPT": "911,0501234567"})


@pytest.mark.parametrize(
    "operators",
    ["queue:operators", f"workflow:WW{'0a' * 16}", "+966126140000", "sip:o@pbx.example"],
)
def test_operators_are_reached_in_four_ways(operators: str) -> None:
    """A queue, a workflow, a number, an address."""
    assert load_settings({"HOTLINE_TWILIO__OPERATORS": operators}).twilio.operators == operators


@pytest.mark.parametrize(
    "operators",
    [
        "operators",
        "queue:",
        "workflow:operators",
        f"workflow:QU{'0a' * 16}",
        "workflow:WW0",
        "tel:1",
    ],
)
def test_operators_nobody_could_reach_are_refused_before_a_call_comes(operators: str) -> None:
    """A slip would otherwise be heard by callers first."""
    with pytest.raises(SettingsWrong, match="HOTLINE_TWILIO__OPERATORS"):
        load_settings({"HOTLINE_TWILIO__OPERATORS": operators})


@pytest.mark.parametrize("line", ["940", "anonymous", "9401;997", "٩٤٠", "40", "sip:a@b"])
def test_what_is_no_line_of_its_own_is_no_emergency_line(line: str) -> None:
    """The hotline's own number above all: nobody would be screened any more."""
    with pytest.raises(SettingsWrong, match="HOTLINE_EMERGENCY_LINES"):
        load_settings({"HOTLINE_EMERGENCY_LINES": f"9401,{line}"})
