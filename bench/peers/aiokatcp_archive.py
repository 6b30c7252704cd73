#!/usr/bin/env python3
"""aiokatcp's SensorWatchers with Python's sqlite3: aiokatcp_archive.py PORTS SENSORS UPDATES FILE

Does and prints what programs/archive-site.ts does, but for sealing: readings are appended to one table five times a second.
"""
import asyncio
import json
import os
import sqlite3
import sys
import time

import aiokatcp


class Count:
    """Readings of all watchers together, and those that wait to be written."""

    def __init__(self, wanted):
        self.seen, self.wanted, self.waiting = 0, wanted, []
        self.counting, self.done = False, asyncio.Event()

    def one(self):
        if not self.counting:
            return
        self.seen += 1
        if self.seen == self.wanted // 2:
            self.cpu = time.process_time()
        elif self.seen == self.wanted:
            self.done.set()


class Watcher(aiokatcp.SensorWatcher):
    """Mirrors the sensors whose names begin with s, and keeps their readings."""

    def __init__(self, client, device, count, archived):
        super().__init__(client)
        self.device, self.count, self.archived, self.series = device, count, archived, {}

    def filter(self, name, description, units, type_name, *args):
        return name.startswith("s")

    def sensor_updated(self, name, value, status, timestamp):
        super().sensor_updated(name, value, status, timestamp)
        if self.archived:
            series = self.series.get(name)
            if series is None:
                series = self.series[name] = self.device * 1_000_000 + len(self.series)
            text = value.decode("latin1")
            now = time.time()
            self.count.waiting.append((series, int(timestamp * 1e6), int((now - timestamp) * 1e6), status.value, float(text)))
        self.count.one()


def put(**line):
    print(json.dumps(line), flush=True)


async def one(port, device, count, archived):
    client = await aiokatcp.Client.connect("127.0.0.1", port)
    watcher = Watcher(client, device, count, archived)
    client.add_sensor_watcher(watcher)
    await watcher.synced.wait()
    return client


async def writing(db, count):
    while True:
        await asyncio.sleep(0.2)
        rows, count.waiting = count.waiting, []
        with db:
            db.executemany("insert into hot values(?, ?, ?, ?, ?, null, 0, null)", rows)


async def main():
    ports = [int(port) for port in sys.argv[1].split(",")]
    updates = int(sys.argv[3])
    file = sys.argv[4] if len(sys.argv) > 4 else ""
    count = Count(updates)
    task = None
    if file:
        if os.path.exists(file):
            os.remove(file)
        db = sqlite3.connect(file)
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = normal")
        db.execute(
            "create table hot(series integer not null, time integer not null, lag integer not null, status integer not null,"
            " value real, text, replaced integer not null, epoch integer)"
        )
        task = asyncio.create_task(writing(db, count))
    clients = await asyncio.gather(*(one(port, n, count, bool(file)) for n, port in enumerate(ports)))
    count.counting = True
    put(scenario="ready")
    await count.done.wait()
    while count.waiting and file:
        await asyncio.sleep(0.05)
    n = updates - updates // 2
    put(scenario="updates", n=n, us=(time.process_time() - count.cpu) / n * 1e6)
    if task is not None:
        task.cancel()
    for client in clients:
        client.close()


if __name__ == "__main__":
    asyncio.run(main())
