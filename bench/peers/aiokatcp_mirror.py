#!/usr/bin/env python3
"""aiokatcp's SensorWatcher as a mirror: aiokatcp_mirror.py HOST PORT SENSORS UPDATES PHASES

Does and prints what programs/mirror.ts does: a line when it is synced, for the first
time and the median of eleven more, and one with the CPU time of the second half of the
updates of each phase.
"""
import asyncio
import json
import sys
import time

import aiokatcp


class Watcher(aiokatcp.SensorWatcher):
    """Mirrors the sensors whose names begin with s, and counts their readings."""

    seen = 0
    wanted = 0

    def filter(self, name, description, units, type_name, *args):
        return name.startswith("s")

    def sensor_updated(self, name, value, status, timestamp):
        super().sensor_updated(name, value, status, timestamp)
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


def put(**line):
    print(json.dumps(line), flush=True)


async def mirror(host, port):
    client = await aiokatcp.Client.connect(host, port)
    watcher = Watcher(client)
    client.add_sensor_watcher(watcher)
    await watcher.synced.wait()
    return client, watcher


async def main():
    host, port, sensors, updates = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    runs = []
    for _ in range(12):
        since, cpu = time.perf_counter(), time.process_time()
        client, watcher = await mirror(host, port)
        line = {"secs": time.perf_counter() - since, "cpu": time.process_time() - cpu}
        n = sum(s.status == aiokatcp.Sensor.Status.NOMINAL for s in watcher.sensors.values())
        runs.append({**line, "n": n})
        client.close()
        await client.wait_closed()
    complete = all(run["n"] == sensors for run in runs)
    put(scenario="first", complete=complete, **runs[0])
    put(scenario="sync", complete=complete, **sorted(runs[1:], key=lambda run: run["secs"])[5])
    client, watcher = await mirror(host, port)
    for _ in range(int(sys.argv[5])):
        watcher.done = asyncio.Event()
        watcher.seen, watcher.wanted = 0, updates
        put(scenario="ready")
        await watcher.done.wait()
    client.close()
    await client.wait_closed()


if __name__ == "__main__":
    asyncio.run(main())
