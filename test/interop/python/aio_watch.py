"""Follows all sensors of a server with aiokatcp's SensorWatcher: aio_watch.py HOST PORT.

Prints a JSON list for each thing it is told: name, status and value, or the name alone of a sensor that has gone.
"""
import asyncio
import json
import sys

import aiokatcp


class Teller(aiokatcp.AbstractSensorWatcher):
    """Prints what a SensorWatcher is told."""

    def __init__(self, inner):
        self.inner = inner

    def sensor_added(self, name, description, units, type_name, *args):
        self.inner.sensor_added(name, description, units, type_name, *args)

    def sensor_removed(self, name):
        self.inner.sensor_removed(name)
        print(json.dumps([name]), flush=True)

    def sensor_updated(self, name, value, status, timestamp):
        self.inner.sensor_updated(name, value, status, timestamp)
        print(json.dumps([name, status.name.lower(), value.decode("latin-1")]), flush=True)

    def batch_start(self):
        self.inner.batch_start()

    def batch_stop(self):
        self.inner.batch_stop()

    def state_updated(self, state):
        self.inner.state_updated(state)


async def main():
    client = await aiokatcp.Client.connect(sys.argv[1], int(sys.argv[2]))
    client.add_sensor_watcher(Teller(aiokatcp.SensorWatcher(client)))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
