"""The example device on aiokatcp, with more sensors: aio.py [--host H] [--port P] [--sensors N] [--steps]."""
import argparse
import asyncio
import logging
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "interop", "python"))

import aiokatcp  # noqa: E402
from aio_device import Device  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--host", default="127.0.0.1")
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--sensors", type=int, default=0)
parser.add_argument("--steps", action="store_true", help="step the wall clock at each SIGUSR2")
given = parser.parse_args()


def step_at_signals():
    steps = [86400.0, -86400.0, 0.0]
    state = {"offset": 0.0, "next": 0}
    now = time.time

    def step(*_):
        state["offset"] = steps[state["next"] % len(steps)]
        state["next"] += 1

    time.time = lambda: now() + state["offset"]
    signal.signal(signal.SIGUSR2, step)


async def main():
    device = Device(given.host, given.port)
    nominal = aiokatcp.Sensor.Status.NOMINAL
    for n in range(given.sensors):
        device.sensors.add(aiokatcp.Sensor(float, f"s{n}", f"Bench sensor {n}.", "V", initial_status=nominal))
    await device.start()
    print("listening on %s:%d" % device.sockets[0].getsockname()[:2], flush=True)
    await device.join()


if __name__ == "__main__":
    if given.steps:
        step_at_signals()
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(main())
