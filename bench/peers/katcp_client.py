#!/usr/bin/env python3
"""katcp-python as a client: katcp_client.py HOST PORT SECS MODE

MODE async: AsyncClient.future_request on the IOLoop; callback: CallbackClient with
its own thread, blocking_request for seq and callback_request for the rest. Same
scenarios and output as aiokatcp_client.py.
"""
import json
import logging
import sys
import threading
import time

import tornado.gen
import tornado.ioloop
from katcp import AsyncClient, CallbackClient, Message


def put(name, n, wall, used, **more):
    print(json.dumps(dict({"scenario": name, "rate": n / wall, "cpu": used, "secs": wall, "n": n}, **more)), flush=True)


def quantiles(lat):
    lat.sort()
    return {"p50": lat[len(lat) // 2] * 1e6, "p99": lat[len(lat) * 99 // 100] * 1e6}


class Counting(object):
    got = 0

    def inform_sensor_status(self, msg):
        """Count a sensor-status inform."""
        Counting.got += 1


class Async(Counting, AsyncClient):
    pass


class Callback(Counting, CallbackClient):
    pass


def watchdog():
    return Message.request("watchdog")


@tornado.gen.coroutine
def run_async(host, port, secs):
    loop = tornado.ioloop.IOLoop.current()
    client = Async(host, port, timeout=30)
    client.set_ioloop(loop)
    client.start()
    yield client.until_protocol()

    @tornado.gen.coroutine
    def conc(n, s):
        done = [0]
        end = time.perf_counter() + s

        @tornado.gen.coroutine
        def one():
            while time.perf_counter() < end:
                yield client.future_request(watchdog())
                done[0] += 1

        t, c = time.perf_counter(), time.process_time()
        yield [one() for _ in range(n)]
        raise tornado.gen.Return((done[0], time.perf_counter() - t, time.process_time() - c))

    yield conc(10, secs / 4)
    lat = []
    t, c = time.perf_counter(), time.process_time()
    while time.perf_counter() < t + secs:
        a = time.perf_counter()
        yield client.future_request(watchdog())
        lat.append(time.perf_counter() - a)
    put("seq", len(lat), time.perf_counter() - t, time.process_time() - c, **quantiles(lat))
    for n in (100, 1000):
        done, wall, used = yield conc(n, secs)
        put("conc%d" % n, done, wall, used)
    asked = 0
    t, c = time.perf_counter(), time.process_time()
    while time.perf_counter() < t + secs:
        yield client.future_request(Message.request("flood", 2000))
        asked += 2000
    put("flood", Counting.got, time.perf_counter() - t, time.process_time() - c, complete=Counting.got == asked)
    client.stop()


def run_callback(host, port, secs):
    client = Callback(host, port, timeout=30)
    client.setDaemon(True)
    client.start()
    client.wait_protocol(5)

    def conc(n, s):
        state = {"done": 0, "open": n}
        over = threading.Event()
        end = time.perf_counter() + s

        def cb(msg):
            state["done"] += 1
            if time.perf_counter() < end:
                client.callback_request(watchdog(), reply_cb=cb)
            else:
                state["open"] -= 1
                if state["open"] == 0:
                    over.set()

        t, c = time.perf_counter(), time.process_time()
        for _ in range(n):
            client.callback_request(watchdog(), reply_cb=cb)
        over.wait(30)
        return state["done"], time.perf_counter() - t, time.process_time() - c

    conc(10, secs / 4)
    lat = []
    t, c = time.perf_counter(), time.process_time()
    while time.perf_counter() < t + secs:
        a = time.perf_counter()
        client.blocking_request(watchdog())
        lat.append(time.perf_counter() - a)
    put("seq", len(lat), time.perf_counter() - t, time.process_time() - c, **quantiles(lat))
    for n in (100, 1000):
        put("conc%d" % n, *conc(n, secs))
    asked = 0
    t, c = time.perf_counter(), time.process_time()
    while time.perf_counter() < t + secs:
        client.blocking_request(Message.request("flood", 2000))
        asked += 2000
    put("flood", Counting.got, time.perf_counter() - t, time.process_time() - c, complete=Counting.got == asked)
    client.stop()


def main():
    host, port, secs, mode = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
    logging.basicConfig(level=logging.ERROR)
    if mode == "async":
        tornado.ioloop.IOLoop.current().run_sync(lambda: run_async(host, port, secs))
    else:
        run_callback(host, port, secs)


if __name__ == "__main__":
    main()
