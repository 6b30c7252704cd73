#!/usr/bin/env python3
"""A proxy of one device on aiokatcp's SensorWatcher and DeviceServer: aiokatcp_proxy.py PORT-OF-DEVICE [PORT]

Serves sensor NAME as m000.NAME, and passes ?m000-watchdog on. Prints "listening on HOST:PORT".
"""
import asyncio
import sys

import aiokatcp


class Proxy(aiokatcp.DeviceServer):
    VERSION = "bench-proxy-1.0"
    BUILD_STATE = "bench-proxy-1.0"
    client = None

    async def request_m000_watchdog(self, ctx) -> None:
        """Ask the device."""
        await self.client.request("watchdog")


class Watcher(aiokatcp.SensorWatcher):
    """Puts what it mirrors into the server."""

    def __init__(self, client, server):
        super().__init__(client)
        self.server = server

    def rewrite_name(self, name):
        return "m000." + name

    def sensor_added(self, name, *rest):
        super().sensor_added(name, *rest)
        if self.rewrite_name(name) in self.sensors:
            self.server.sensors.add(self.sensors[self.rewrite_name(name)])

    def sensor_removed(self, name):
        self.server.sensors.pop(self.rewrite_name(name), None)
        super().sensor_removed(name)

    def batch_stop(self):
        super().batch_stop()
        self.server.mass_inform("interface-changed", "sensor-list")


async def main():
    server = Proxy("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    server.client = client = await aiokatcp.Client.connect("127.0.0.1", int(sys.argv[1]))
    watcher = Watcher(client, server)
    client.add_sensor_watcher(watcher)
    await watcher.synced.wait()
    await server.start()
    print("listening on 127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    await server.join()


if __name__ == "__main__":
    asyncio.run(main())
