#!/usr/bin/env python3
"""aiokatcp's SensorWatchers: aiokatcp_fleet.py HOST PORT CLIENTS

Does and prints what programs/fleet.ts does.
"""
import asyncio
import json
import sys
import time

import aiokatcp


class Watcher(aiokatcp.SensorWatcher):
    def filter(self, name, description, units, type_name, *args):
        return name.startswith("s")


async def one(host, port):
    client = await aiokatcp.Client.connect(host, port)
    await client.request("help")
    watcher = Watcher(client)
    client.add_sensor_watcher(watcher)
    await watcher.synced.wait()
    return client, watcher


async def fleet(host, port, count):
    since, cpu = time.perf_counter(), time.process_time()
    all = await asyncio.gather(*(one(host, port) for _ in range(count)))
    n = sum(s.status == aiokatcp.Sensor.Status.NOMINAL for _, w in all for s in w.sensors.values())
    result = {"secs": time.perf_counter() - since, "cpu": time.process_time() - cpu, "n": n}
    for client, _ in all:
        client.close()
        await client.wait_closed()
    return result


async def main():
    host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    first = await fleet(host, port, count)
    second = await fleet(host, port, count)
    print(json.dumps({"scenario": "fleet", **second, "first": first["secs"]}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
