"""A FastAGI server of the design of wazo-agid, written anew.

A thread for each connection over blocking sockets, files over them to read and write, a method for
each verb, replies taken apart by regular expressions, and no deadline on anything.
"""

import re
import socketserver
import sys
from collections.abc import Mapping
from io import BufferedIOBase

from lab.bench.agi_peers.call import COMMANDS

_CODE = re.compile(r"(^\d*)\s*(.*)")
_PAIR = re.compile(r"(?P<key>\w+)=(?P<value>[^\s]+)\s*(?:\((?P<data>.*)\))*")
Result = Mapping[str, tuple[str, str]]


class Agi:
    """Asterisk's commands over two files."""

    def __init__(self, read: BufferedIOBase, write: BufferedIOBase) -> None:
        self._read, self._write = read, write
        self.environment: dict[str, str] = {}
        while line := read.readline().strip().decode():
            name, _, value = line.partition(":")
            self.environment[name.strip()] = value.strip()

    def execute(self, command: str, *arguments: str) -> Result:
        """Send a command and read what came of it."""
        self._write.write((" ".join([command, *arguments]) + "\n").encode())
        self._write.flush()
        found = _CODE.search(self._read.readline().strip().decode())
        if found is None or found[1] != "200":
            raise ValueError("no good reply")
        result = {key: (value, data) for key, value, data in _PAIR.findall(found[2])}
        if result["result"][0] == "-1" or result["result"][1] == "hangup":
            raise ValueError("the caller is gone")
        return result

    def application(self, name: str, options: str) -> str:
        """Run an application of the dialplan."""
        return self.execute("EXEC", name, _quoted(options))["result"][0]

    def full_variable(self, text: str) -> str:
        """What a text with variables comes to."""
        return self.execute("GET FULL VARIABLE", _quoted(text))["result"][1]

    def set_variable(self, name: str, value: str) -> None:
        """Set a variable of the channel."""
        self.execute("SET VARIABLE", _quoted(name), _quoted(value))

    def record_file(self, *arguments: str) -> str:
        """Record the caller."""
        return self.execute("RECORD FILE", *map(_quoted, arguments))["result"][0]


class Connection(socketserver.StreamRequestHandler):
    """One connection of Asterisk's."""

    def handle(self) -> None:
        """Run the script that is asked for."""
        agi = Agi(self.rfile, self.wfile)
        _SCRIPTS[agi.environment["agi_network_script"]](agi)


def call(agi: Agi) -> None:
    """Lead the call."""
    for words, *arguments in COMMANDS:
        if words.startswith("EXEC "):
            agi.application(words.removeprefix("EXEC "), arguments[0])
        elif words == "RECORD FILE":
            agi.record_file(*arguments)
        elif words == "SET VARIABLE":
            agi.set_variable(*arguments)
        else:
            agi.full_variable(arguments[0])


_SCRIPTS = {"call": call}


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'


class Server(socketserver.ThreadingTCPServer):
    """A thread for each connection."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 20


if __name__ == "__main__":
    Server(("127.0.0.1", int(sys.argv[1])), Connection).serve_forever()
