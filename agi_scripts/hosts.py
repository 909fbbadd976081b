"""Which Asterisk a connection comes from, as far as its calls' unique ids tell.

A unique id is `<epoch>.<sequence>`, with `<systemname>-` before it where asterisk.conf sets one.
Two hosts without one give the same id to calls of different citizens, who would then hear each
other's answers: so one such host is served, and no second.
"""

import re

from agi_scripts.environment import Environment

UNNAMED = "its unique ids are not its own among several: set systemname in its asterisk.conf"
MEND = "run `hotline asterisk install` there, and restart it"
_BARE = re.compile(r"[0-9]+\.[0-9]+", re.ASCII)


def is_unnamed(environment: Environment) -> bool:
    """Whether the id of this connection's call could be another host's too."""
    named = "system=" in environment["agi_network_script"].partition("?")[2]
    return not named and _BARE.fullmatch(environment["agi_uniqueid"]) is not None
