"""From an AGI environment to a call's arrival.

What the network asserts stands before what the caller's telephone says. The caller's *name* is
never looked at: networks let anybody choose it.
"""

import re
from urllib.parse import parse_qs

from agi_scripts.asserted import asserted_of
from agi_scripts.environment import Environment
from agi_scripts.errors import BadEnvironment
from blacklist.numbers import LONGEST_RAW
from call_handlers.arrival import ATTESTATIONS, Arrival, Call
from call_handlers.origin import origin_of

MAX_KEPT = 64
"""Characters that a call's facts keep of its caller."""
_ASCII_DIGITS = frozenset("0123456789")
_NO_NUMBER = frozenset({"", "unknown", "anonymous"})
# Seconds since the epoch and a count, after the system's name where asterisk.conf sets one.
_UNIQUE_ID = re.compile(r"(?:.*-)?([0-9]{9,11})\.[0-9]+", re.ASCII)
# Presentation bits of Q.931 (octet 3a, bits 7 and 6): allowed, restricted, not available, reserved.
_PRESENTATION = 0x60


def arrival_of(environment: Environment) -> Arrival:
    """The call as Asterisk presents it.

    The provider's id is Asterisk's unique id, after the `system` of the script's query where
    several Asterisks share the servers. An asserted number stands in place of the caller's own
    word. A tampered environment proves neither number nor attestation nor origin: such a call is
    served as one whose number is withheld. Raises BadEnvironment without a unique id.
    """
    unique = environment["agi_uniqueid"]
    if not unique:
        raise BadEnvironment("no unique id")
    asserted = asserted_of(environment)
    caller = environment["agi_callerid"][:LONGEST_RAW]
    if asserted and asserted.is_news:
        caller = asserted.number
    private = asserted is not None and asserted.private
    redirected = environment["agi_rdnis"][:LONGEST_RAW]
    attestation = environment.argument(1)
    if environment.tampered or attestation not in ATTESTATIONS:
        attestation = ""
    if environment.tampered:
        caller = redirected = ""
    return Arrival(
        channel="asterisk",
        provider_id=_provider_id(environment, unique),
        caller="" if caller.casefold() in _NO_NUMBER else caller,
        withheld=private
        or caller.casefold() in _NO_NUMBER
        or _restricted(environment["agi_callingpres"]),
        attestation=attestation,
        dialled=_dialled(environment),
        redirected="" if redirected.casefold() in _NO_NUMBER else redirected,
        began_ms=_began_ms(unique),
        trunk=_trunk(environment["agi_channel"]),
        origin=origin_of(environment.argument(4), attestation),
    )


def call_id_of(environment: Environment, unique: str) -> str:
    """The id of the call whose channel at the same Asterisk has this unique id."""
    return Arrival("asterisk", _provider_id(environment, unique)).call_id


def is_of(call: Call, arrival: Arrival) -> bool:
    """Whether the call that was found by the arrival's id is this caller's.

    It is not where two Asterisks of one name, or two without one behind one address, give the same
    id to two calls: nobody is to hear another's answers.
    """
    kept = _digits(call.facts.caller)
    given = _digits("" if arrival.withheld else arrival.caller)
    was_cut = len(call.facts.caller) >= MAX_KEPT
    return given.startswith(kept) if was_cut else given == kept


def _digits(caller: str) -> str:
    return "".join(filter(_ASCII_DIGITS.__contains__, caller))


def _provider_id(environment: Environment, unique: str) -> str:
    query = environment["agi_network_script"].partition("?")[2]
    system = parse_qs(query).get("system", [""])[0]
    return f"{system}-{unique}" if system else unique


def _began_ms(unique: str) -> int:
    """When the channel of this unique id was made (ms since the epoch); 0 where it is not told."""
    made = _UNIQUE_ID.fullmatch(unique)
    return int(made[1]) * 1000 if made else 0


def _trunk(channel: str) -> str:
    """The endpoint by which a channel came: `PJSIP/trunk-0000001a` by `trunk`."""
    return channel.partition("/")[2].rpartition("-")[0]


def _restricted(presentation: str) -> bool:
    if not (presentation.isascii() and presentation.isdigit() and len(presentation) < 4):
        return True  # not said: what may not be meant to be seen is not shown
    return int(presentation) & _PRESENTATION != 0


def _dialled(environment: Environment) -> str:
    dialled = environment["agi_dnid"]
    known = dialled.isascii() and dialled.isdigit() and len(dialled) <= 15
    return dialled if known else "940"
