"""Follows all sensors of a server with katcp-python: kp_watch.py HOST PORT async|resource [--protocol 5|4].

Prints a JSON list for each thing it is told: name, status and value. The server's sensors must not come or go meanwhile.
"""
import argparse
import json
import logging

import shim  # noqa: F401

import tornado.gen
import tornado.ioloop
from katcp import AsyncClient, KATCPClientResource, Message


def tell(*words):
    print(json.dumps(words), flush=True)


class Subscriber(AsyncClient):
    """Subscribes to each sensor, and tells of what comes."""

    def unhandled_inform(self, message):
        if message.name == "sensor-status":
            for at in range(2, len(message.arguments), 3):
                tell(*(word.decode("latin-1") for word in message.arguments[at : at + 3]))


@tornado.gen.coroutine
def subscribe(given):
    client = Subscriber(given.host, given.port)
    client.set_ioloop(tornado.ioloop.IOLoop.current())
    client.start()
    yield client.until_protocol(timeout=20)
    _, informs = yield client.future_request(Message.request("sensor-list"), timeout=20)
    for inform in informs:
        name = inform.arguments[0]
        if not name.startswith(b"proxy."):
            reply, _ = yield client.future_request(Message.request("sensor-sampling", name, "event"), timeout=20)
            assert reply.reply_ok(), str(reply)


@tornado.gen.coroutine
def resource(given):
    client = KATCPClientResource({"name": "site", "address": (given.host, given.port), "controlled": True})
    client.set_ioloop(tornado.ioloop.IOLoop.current())
    client.start()
    yield client.until_synced(timeout=20)
    for sensor in client.sensor.values():
        if sensor.name.startswith("proxy."):
            continue

        def told(received, timestamp, status, value, name=sensor.name):
            tell(name, status, str(value))

        sensor.register_listener(told)
        succeeded, info = yield sensor.set_sampling_strategy("event")
        assert succeeded, info


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("kind", choices=("async", "resource"))
    parser.add_argument("--protocol", type=int, choices=(4, 5), default=5)
    given = parser.parse_args()
    logging.basicConfig(level=logging.CRITICAL)
    loop = tornado.ioloop.IOLoop.current()
    loop.run_sync(lambda: (subscribe if given.kind == "async" else resource)(given))
    loop.start()


if __name__ == "__main__":
    main()
