#!/usr/bin/env python3
"""aiokatcp as a client: aiokatcp_client.py HOST PORT SECS [--uvloop]

Against echo.c. Prints one JSON object per scenario: seq (one request at a time),
conc100, conc1000 (that many tasks, each one request at a time, over one
connection), flood (sensor-status informs received with a typed callback).
"""
import asyncio
import json
import sys
import time

import aiokatcp


def cpu():
    return time.process_time()


async def conc(client, n, secs):
    done = 0
    end = time.perf_counter() + secs

    async def one():
        nonlocal done
        while time.perf_counter() < end:
            await client.request("watchdog")
            done += 1

    t, c = time.perf_counter(), cpu()
    await asyncio.gather(*[one() for _ in range(n)])
    return done, time.perf_counter() - t, cpu() - c


async def main():
    host, port, secs = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    client = await aiokatcp.Client.connect(host, port)
    await conc(client, 10, secs / 4)
    lat = []
    t, c = time.perf_counter(), cpu()
    while time.perf_counter() < t + secs:
        a = time.perf_counter()
        await client.request("watchdog")
        lat.append(time.perf_counter() - a)
    wall = time.perf_counter() - t
    lat.sort()
    print(json.dumps({"scenario": "seq", "rate": len(lat) / wall, "cpu": cpu() - c, "secs": wall, "n": len(lat),
                      "p50": lat[len(lat) // 2] * 1e6, "p99": lat[len(lat) * 99 // 100] * 1e6}), flush=True)
    for n in (100, 1000):
        done, wall, used = await conc(client, n, secs)
        print(json.dumps({"scenario": "conc%d" % n, "rate": done / wall, "cpu": used, "secs": wall, "n": done}),
              flush=True)
    got = 0

    def status(timestamp: aiokatcp.Timestamp, count: int, name: str, status: bytes, value: bytes) -> None:
        nonlocal got
        got += 1

    client.add_inform_callback("sensor-status", status)
    t, c = time.perf_counter(), cpu()
    asked = 0
    while time.perf_counter() < t + secs:
        await client.request("flood", 2000)
        asked += 2000
    wall = time.perf_counter() - t
    print(json.dumps({"scenario": "flood", "rate": got / wall, "cpu": cpu() - c, "secs": wall, "n": got,
                      "complete": got == asked}), flush=True)
    client.close()
    await client.wait_closed()


if __name__ == "__main__":
    if "--uvloop" in sys.argv:
        import uvloop

        uvloop.install()
    asyncio.run(main())
