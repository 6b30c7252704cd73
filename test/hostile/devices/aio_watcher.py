"""A client as a program of aiokatcp has it, everything by default: aio_watcher.py HOST PORT. It writes what watcher.ts does."""
import asyncio
import json
import logging
import sys

import aiokatcp


class Watcher(aiokatcp.SensorWatcher):
    """Samples test.float, and tells of the state of the client and of readings."""

    def filter(self, name, description, units, type_name, *args):
        return name == "test.float"

    def state_updated(self, state):
        super().state_updated(state)
        put(state=state.name.title(), connected=state == aiokatcp.SyncState.SYNCED)

    def sensor_updated(self, name, value, status, timestamp):
        super().sensor_updated(name, value, status, timestamp)
        put(status=status.name.lower())


def put(**line):
    print(json.dumps(line), flush=True)


async def main():
    client = aiokatcp.Client(sys.argv[1], int(sys.argv[2]))
    client.add_sensor_watcher(Watcher(client))
    await asyncio.Event().wait()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(main())
