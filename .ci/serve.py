"""serve.py SCENARIO... [--port PORT] [--timeout SECONDS]

prints the port, waits for a charge point at ws://127.0.0.1:PORT/any/path/ID and runs the scenarios against it.
"""

import argparse
import asyncio
import contextlib
import sys

from central_system import CentralSystem, Failure
from scenarios import SCENARIOS


async def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("scenario", nargs="+", choices=SCENARIOS)
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--timeout", type=float, default=60)
    arguments = arguments.parse_args()

    async def by_hand(command, **fields):
        print(f"please: {command} {fields}", file=sys.stderr)

    central = CentralSystem()
    async with central.listen(arguments.port) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        for name in arguments.scenario:
            if not await central.run(SCENARIOS[name], by_hand, arguments.timeout):
                return 1
        with contextlib.suppress(Failure):  # a charge point that stays is fine
            await central.until(lambda: not central.charge_point, "end of the connection")
    for complaint in central.complaints:
        print(f"COMPLAINT: {complaint}", file=sys.stderr)
    return 1 if central.complaints else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
