"""Who is the same person."""

import pytest

from people.identity import at_telephone, identity, people
from people.person import Person


@pytest.mark.parametrize(
    "written",
    [
        "Amal Saad",
        "amal saad",
        "AMAL SAAD",
        " Amal  Saad ",
        "Amal\u00a0Saad",
        "Amal\u3000Saad",
        "\uff21mal Saad",
        "Amal\u200b Saad",
        "\u200fAmal Saad\u200e",
        "Amal Saad, extension op-1",
    ],
)
def test_a_name_is_one_person_however_it_is_written(written: str) -> None:
    """Case, blanks, Unicode's forms, the telephone at which somebody keyed their PIN."""
    assert identity(written) == identity("Amal Saad")
    assert Person(written, "operator").is_("Amal Saad")


def test_composed_and_presented_letters_are_the_same_letters() -> None:
    """An e with its accent apart; Arabic as old programs draw it; a German ss."""
    assert identity("Ren\u00e9e") == identity("RENE\u0301E")
    assert identity("\ufe8e\ufee3\ufedd") == identity("\u0627\u0645\u0644")
    assert identity("Stra\u00dfe") == identity("STRASSE")


@pytest.mark.parametrize("other", ["amal", "Amal Said", "amalsaad", "extension op-1"])
def test_another_name_is_another_person(other: str) -> None:
    """Nothing is guessed."""
    assert identity(other) != identity("Amal Saad")


@pytest.mark.parametrize("name", ["", " ", "\u200b", "\u200f \u200e"])
def test_nobody_has_a_name_that_is_not_seen(name: str) -> None:
    """It would be another person for each way to write nothing."""
    with pytest.raises(ValueError, match="a person's name"):
        Person(name, "operator")


@pytest.mark.parametrize(
    ("names", "least"),
    [
        ((), 0),
        (("amal", "Amal "), 1),
        (("amal", "badr"), 2),
        (("amal", at_telephone("1")), 1),
        ((at_telephone("1"), at_telephone("2")), 2),
        (("amal", at_telephone("1"), at_telephone("2")), 2),
        (("amal", at_telephone("1", "amal")), 1),
        (("amal", at_telephone("1", "badr")), 2),
        (("amal", "badr", at_telephone("1")), 2),
    ],
)
def test_a_telephone_may_be_anybodys_and_two_of_them_are_two_peoples(
    names: tuple[str, ...], least: int
) -> None:
    """So many different people there are at least."""
    assert people(identity(name) for name in names) == least
