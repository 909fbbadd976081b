"""Every page of the console, each at an address that shows something: for tests and measurements.

They are found where the console keeps them, so one that is added is asked for too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import Flask

from console.access import permission_of

_NO_PAGES = ("assets.", "api.")
"""What is no page: files that a browser keeps, and what programs ask for with tokens."""


class NothingToShow(Exception):
    """A page is of something of which no example was given; the message says which and of what."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its rule, an address of it, and the right that it needs (or `own`, or `public`)."""

    rule: str
    path: str
    permission: str


def pages_of(app: Flask, examples: Mapping[str, str]) -> Iterator[Page]:
    """Every page that is opened by its address.

    `examples` are what addresses name, by the names of their rules' arguments. Raises NothingToShow
    for a page of something else.
    """
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or rule.endpoint.startswith(_NO_PAGES):
                continue
            unknown = sorted(rule.arguments - examples.keys())
            if unknown:
                raise NothingToShow(f"{rule.rule}: of which {' and '.join(unknown)}?")
            given = {name: examples[name] for name in rule.arguments}
            _, path = rule.build(given) or ("", "")
            yield Page(rule.rule, path, permission_of(app, rule.endpoint))
