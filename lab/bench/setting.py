"""What every part is given: the house's services, how much to do, and where to tell of it."""

from collections.abc import Callable
from dataclasses import dataclass

from hotline.bootstrap import Services


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured: enough for a steady figure in a quarter of an hour altogether."""

    warm_calls: int = 6
    """Calls placed before a measurement begins: what is done once a process is not a call's."""
    sip_calls: int = 70
    sip_rate: int = 3
    """New calls a second: about 45 at once."""
    listened_calls: int = 20
    answers: int = 100
    socket_calls: int = 200
    processes: int = 6
    held_calls: int = 500
    tickets: int = 200
    rounds: int = 200
    imported_rows: int = 1_000_000
    compared_rows: int = 60_000
    """Rows of each of the rounds in which an import is compared with its bare rows."""
    import_rounds: int = 3
    addresses: int = 1_000_000
    lookups: int = 5000
    """Of each kind, among those addresses."""
    entries: int = 1_000_000
    """Numbers in the blocklist."""
    decisions: int = 6000
    web_calls: int = 120
    """Calls of eight turns in each round of webhooks; as many requests of the constant route."""
    web_rounds: int = 4
    deliveries: int = 50
    """Tickets of each of the rounds in which they are delivered; as many jobs that do nothing."""
    delivery_rounds: int = 40
    delivered_rows: int = 1_000_000
    """Deliveries that are done, in the table through which the relay looks."""
    relay_rounds: int = 40
    beside_tickets: int = 40
    """Tickets of each round beside an office that is bad, one after another."""
    beside_rounds: int = 6
    page_calls: int = 1_000_000
    """Calls behind the console's pages, `pages.TODAY` of them of today."""
    page_tickets: int = 200_000
    page_rounds: int = 5
    """How often each page is asked for."""
    page_turns: int = 100
    """How often *Today* is, with a history and without one."""
    voice_texts: int = 40
    """Prompts of each language that the recogniser hears."""


@dataclass(frozen=True, slots=True)
class Bench:
    """One run of the bench. `say` tells a long step in a sentence.

    `against` is the earlier commit that is compared with, empty for none.
    """

    services: Services
    say: Callable[[str], None]
    sizes: Sizes = Sizes()
    against: str = ""
