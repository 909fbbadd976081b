"""What an answer of the API tells somebody who needs no numbers of callers."""

import re
from typing import Any

from console.masking import masked
from people.permissions import may
from people.person import Person

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}(?![0-9])")
"""A whole number (E.164), wherever it stands: also in a note that somebody wrote."""


def told_to(person: Person, answer: Any) -> Any:
    """The answer as this person may see it: numbers as pages mask them, but for prefixes.

    A prefix is nobody's number, and who sees that it stands must see which.
    """
    return answer if may(person, "numbers.see") else _masked(answer)


def _masked(part: Any) -> Any:
    match part:
        case str():
            return _NUMBER.sub(lambda found: masked(found[0]), part)
        case list():
            return [_masked(one) for one in part]
        case dict():
            prefix = part.get("kind") == "prefix"
            return {
                name: one if prefix and name == "subject" else _masked(one)
                for name, one in part.items()
            }
        case _:
            return part
