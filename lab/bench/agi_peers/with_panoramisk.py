"""A FastAGI server on panoramisk: one event loop for all connections."""

import asyncio
import sys

from panoramisk import fast_agi

from lab.bench.agi_peers.call import COMMANDS, quoted


async def call(request: fast_agi.Request) -> None:
    """Lead the call."""
    for command in COMMANDS:
        reply = await request.send_command(quoted(command))
        if reply["result"][0] in ("", "-1"):
            raise AssertionError(command[0])


async def _serve(port: int) -> None:
    application = fast_agi.Application(loop=asyncio.get_running_loop())
    application.add_route("call", call)
    server = await asyncio.start_server(application.handler, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
