"""A FastAGI server on pystrix: a thread for each connection, an object for each command."""

import sys

from pystrix.agi import core
from pystrix.agi.fastagi import FastAGI, FastAGIServer

from lab.bench.agi_peers.call import COMMANDS, Command


def call(agi: FastAGI, *_request: object) -> None:
    """Lead the call."""
    for command in COMMANDS:
        agi.execute(_action(command))  # raises when it went wrong


def _action(command: Command) -> object:
    words, *arguments = command
    if words.startswith("EXEC "):
        return core.Exec(words.removeprefix("EXEC "), arguments)
    if words == "RECORD FILE":
        path, form, keys, ms, *_ = arguments
        return core.RecordFile(path, form, keys, int(ms), beep=True, silence=5)
    kinds = {"GET FULL VARIABLE": core.GetFullVariable, "SET VARIABLE": core.SetVariable}
    return kinds[words](*arguments)


if __name__ == "__main__":
    server = FastAGIServer("127.0.0.1", int(sys.argv[1]))
    server.register_script_handler(None, call)
    server.serve_forever()
