"""Our FastAGI server and channel, with nothing behind them."""

import sys

from agi_scripts.channel import AgiChannel
from agi_scripts.server import FastAgiServer
from hotline.logs import configure
from lab.bench.agi_peers.call import COMMANDS


def call(channel: AgiChannel) -> str:
    """Lead the call."""
    for command in COMMANDS:
        if channel.command(*command).result == "-1":
            raise AssertionError(command[0])
    return "transfer"


if __name__ == "__main__":
    configure("info", "json")
    FastAgiServer("127.0.0.1", int(sys.argv[1]), {"call": call}).serve_forever()
