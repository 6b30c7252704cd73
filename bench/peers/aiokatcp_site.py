#!/usr/bin/env python3
"""aiokatcp's SensorWatchers, one for each device, in one process: aiokatcp_site.py PORTS SENSORS UPDATES PHASES

Does and prints what programs/site.ts does. Memory is what the resident memory grows by.
"""
import asyncio
import gc
import json
import os
import sys
import time

import aiokatcp

PAGE = os.sysconf("SC_PAGE_SIZE")


class Count:
    """Readings of all watchers together."""

    seen = 0
    wanted = 0

    def one(self):
        self.seen += 1
        if self.wanted == 0:
            return
        if self.seen == self.wanted // 2:
            self.since, self.cpu = time.perf_counter(), time.process_time()
        elif self.seen == self.wanted:
            n = self.wanted - self.wanted // 2
            cpu = time.process_time() - self.cpu
            put(scenario="updates", n=n, secs=time.perf_counter() - self.since, cpu=cpu, us=cpu / n * 1e6)
            self.done.set()


class Watcher(aiokatcp.SensorWatcher):
    """Mirrors the sensors whose names begin with s, and counts their readings."""

    def __init__(self, client, count):
        super().__init__(client)
        self.count = count

    def filter(self, name, description, units, type_name, *args):
        return name.startswith("s")

    def sensor_updated(self, name, value, status, timestamp):
        super().sensor_updated(name, value, status, timestamp)
        self.count.one()


def put(**line):
    print(json.dumps(line), flush=True)


def resident():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * PAGE


async def one(port, count):
    client = await aiokatcp.Client.connect("127.0.0.1", port)
    watcher = Watcher(client, count)
    client.add_sensor_watcher(watcher)
    await watcher.synced.wait()
    return client, watcher


async def site(ports, count):
    return await asyncio.gather(*(one(port, count) for port in ports))


async def close(devices):
    for client, _ in devices:
        client.close()
        await client.wait_closed()


async def main():
    ports = [int(port) for port in sys.argv[1].split(",")]
    sensors, updates = int(sys.argv[2]) * len(ports), int(sys.argv[3])
    # before anything has grown what Python does not give back
    before = resident()
    devices = await site(ports, Count())
    memory = (resident() - before) / sensors
    await close(devices)
    runs = []
    for _ in range(6):
        since, cpu = time.perf_counter(), time.process_time()
        devices = await site(ports, Count())
        line = {"secs": time.perf_counter() - since, "cpu": time.process_time() - cpu}
        n = sum(s.status == aiokatcp.Sensor.Status.NOMINAL for _, w in devices for s in w.sensors.values())
        runs.append({**line, "n": n})
        await close(devices)
    complete = all(run["n"] == sensors for run in runs)
    put(scenario="first", complete=complete, **runs[0])
    put(scenario="sync", complete=complete, **sorted(runs[1:], key=lambda run: run["secs"])[2])
    put(scenario="memory", bytes=memory)
    count = Count()
    devices = await site(ports, count)
    for _ in range(int(sys.argv[4])):
        count.done = asyncio.Event()
        count.seen, count.wanted = 0, updates
        put(scenario="ready")
        await count.done.wait()
    await close(devices)


if __name__ == "__main__":
    asyncio.run(main())
