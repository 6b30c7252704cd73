#!/usr/bin/env python3
"""katcp-python bench server: katcp_server.py PORT NSENSORS [--threaded]

The bench contract: float sensors s0..s{N-1} (nominal, 0.0), a string sensor
`blob`, a request ?set-sensor NAME VALUE, and the standard requests. Prints
"ready" when it listens on 127.0.0.1:PORT. By default it is the library's faster
form, AsyncDeviceServer on the current IOLoop; --threaded takes DeviceServer with
its own IOLoop and handler threads, the library's default.
"""
import logging
import sys
import time

import tornado.gen
import tornado.ioloop

from katcp import AsyncDeviceServer, DeviceServer, ProtocolFlags, Sensor
from katcp.server import KATCPServer
from katcp.kattypes import Str, request, return_reply

# The default listen backlog of 5 drops SYNs of any burst (a second each): give the
# peer the usual one, so that its own speed is measured.
KATCPServer.BACKLOG = 512

FLAGS = ProtocolFlags(5, 1, [ProtocolFlags.MULTI_CLIENT, ProtocolFlags.MESSAGE_IDS,
                             ProtocolFlags.BULK_SET_SENSOR_SAMPLING])


class Mixin(object):
    VERSION_INFO = ("bench-api", 1, 0)
    BUILD_INFO = ("bench-katcp-python", 1, 0, "")
    PROTOCOL_INFO = FLAGS
    N = 0

    def setup_sensors(self):
        for i in range(self.N):
            self.add_sensor(Sensor.float("s%d" % i, "Bench sensor %d." % i, "V",
                                         [-1e9, 1e9], default=0.0, initial_status=Sensor.NOMINAL))
        self.add_sensor(Sensor.string("blob", "Text of any size.", "",
                                      default="", initial_status=Sensor.NOMINAL))

    @request(Str(), Str())
    @return_reply()
    def request_set_sensor(self, req, name, value):
        """Set a sensor's value: ?set-sensor NAME VALUE"""
        s = self._sensors.get(name)
        if s is None:
            return ("fail", "unknown sensor")
        s.set_value(float(value) if s.type == "float" else value)
        return ("ok",)


class Async(Mixin, AsyncDeviceServer):
    pass


class Threaded(Mixin, DeviceServer):
    pass


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("katcp").setLevel(logging.ERROR)
    Mixin.N = int(sys.argv[2])
    if "--threaded" in sys.argv:
        server = Threaded("127.0.0.1", int(sys.argv[1]))
        server.start(timeout=5)
        print("ready", flush=True)
        while True:
            time.sleep(3600)
    loop = tornado.ioloop.IOLoop.current()
    server = Async("127.0.0.1", int(sys.argv[1]))

    def go():
        server.start()
        loop.add_callback(lambda: print("ready", flush=True))

    loop.add_callback(go)
    loop.start()
