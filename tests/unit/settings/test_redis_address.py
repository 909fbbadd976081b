"""The address of a Redis that Sentinels watch."""

import pytest

from hotline.environment import SettingsWrong
from hotline.settings import load_settings
from store.redis_address import Watched, watched


def test_an_address_names_sentinels_service_and_database() -> None:
    """Ports are Sentinel's own where none is given; passwords are those of each."""
    assert watched("redis+sentinel://one:26380,two,[::1]:7,[::2]/hotline/3") == Watched(
        (("one", 26380), ("two", 26379), ("::1", 7), ("::2", 26379)), "hotline", 3, False, {}, {}
    )
    told = watched("rediss+sentinel://me:p%40ss@one/hotline?sentinel_password=other")
    assert (told.tls, told.db) == (True, 0)
    assert told.login == {"username": "me", "password": "p@ss"}
    assert told.sentinel_login == {"password": "other"}
    assert watched("redis+sentinel://:secret@one/hotline").login == {"password": "secret"}


@pytest.mark.parametrize(
    "rest",
    [
        "one:26379",
        "/hotline",
        "one/",
        "one/hotline/x",
        "one:x/hotline",
        "one,/hotline/0",
        "one/a?b=c",
    ],
)
def test_a_wrong_address_is_told_without_its_password(rest: str) -> None:
    """Before anything starts."""
    with pytest.raises(SettingsWrong) as told:
        load_settings({"REDIS_URL": f"redis+sentinel://:geheim@{rest}"})
    assert "REDIS_URL" in str(told.value)
    assert "geheim" not in str(told.value)
