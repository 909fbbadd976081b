"""Reference numbers that a caller can hear, write down and key in again."""

import pytest
from stdnum import damm

from tickets.reference import LENGTH, is_reference, is_spare, new_reference, spare_reference


def test_a_new_reference_is_nine_digits_not_beginning_with_zero() -> None:
    """Every new number is valid by its own rule and can be spoken digit by digit."""
    for _ in range(500):
        reference = new_reference()
        assert len(reference) == LENGTH
        assert reference[0] != "0"
        assert is_reference(reference)


def test_a_spare_number_is_never_a_new_one() -> None:
    """They begin with 9 and the others with 1 to 8, so a ticket in the database takes none."""
    new, spare = ({mint() for _ in range(2000)} for mint in (new_reference, spare_reference))
    assert {number[0] for number in new} == set("12345678")
    assert {number[0] for number in spare} == {"9"}
    assert not any(map(is_spare, new))
    assert all(map(is_spare, spare))
    assert all(map(is_reference, new | spare))


def test_every_wrong_single_digit_is_caught() -> None:
    """A caller who misses one key never reaches another's ticket."""
    for _ in range(50):
        reference = new_reference()
        for place in range(LENGTH):
            for digit in "0123456789":
                if digit != reference[place]:
                    wrong = reference[:place] + digit + reference[place + 1 :]
                    assert not is_reference(wrong)


def test_every_exchange_of_neighbours_is_caught() -> None:
    """Two digits keyed in the wrong order are noticed."""
    for _ in range(200):
        reference = new_reference()
        for place in range(LENGTH - 1):
            a, b = reference[place], reference[place + 1]
            if a != b:
                assert not is_reference(reference[:place] + b + a + reference[place + 2 :])


def test_references_are_not_in_sequence() -> None:
    """One number says nothing of the next."""
    numbers = [int(new_reference()) for _ in range(200)]
    assert len(set(numbers)) == 200
    assert numbers != sorted(numbers)


@pytest.mark.parametrize(
    "text", ["", "12345678", "1234567890", "٥٧٢٤٥٧٢٤٥", "57245724²", "123 456 78", "-12345678"]
)
def test_what_is_not_nine_ascii_digits_is_no_reference(text: str) -> None:
    """Other scripts' digits, signs and blanks are refused, not translated."""
    assert not is_reference(text)


@pytest.mark.parametrize("text", ["000000000", "012345671", "057245724"])
def test_a_number_with_a_leading_zero_is_refused(text: str) -> None:
    """None begins so, whatever its check digit says: people and spreadsheets drop the zero."""
    assert damm.is_valid(text)
    assert not is_reference(text)


def test_a_trailing_newline_is_refused() -> None:
    """A number with a line end is not the number."""
    assert not is_reference(new_reference() + "\n")
