#!/usr/bin/env python3
"""aiokatcp bench server: aiokatcp_server.py PORT NSENSORS [--uvloop]

The bench contract: float sensors s0..s{N-1} (nominal, 0.0), a string sensor
`blob`, a request ?set-sensor NAME VALUE, and the standard requests. Prints
"ready" when it listens on 127.0.0.1:PORT.
"""
import asyncio
import logging
import sys

import aiokatcp


class Server(aiokatcp.DeviceServer):
    VERSION = "bench-api-1.0"
    BUILD_STATE = "bench-aiokatcp-1.0"

    def __init__(self, host, port, n):
        super().__init__(host, port)
        nominal = aiokatcp.Sensor.Status.NOMINAL
        for i in range(n):
            self.sensors.add(
                aiokatcp.Sensor(float, f"s{i}", f"Bench sensor {i}.", "V", initial_status=nominal)
            )
        self.sensors.add(aiokatcp.Sensor(str, "blob", "Text of any size.", initial_status=nominal))

    async def request_set_sensor(self, ctx, name: str, value: str) -> None:
        """Set a sensor's value: ?set-sensor NAME VALUE"""
        s = self.sensors.get(name)
        if s is None:
            raise aiokatcp.FailReply("unknown sensor")
        if s.stype is float:
            s.set_value(float(value))
        else:
            s.set_value(value)


async def main():
    server = Server("127.0.0.1", int(sys.argv[1]), int(sys.argv[2]))
    await server.start()
    print("ready", flush=True)
    await server.join()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    if "--uvloop" in sys.argv:
        import uvloop

        uvloop.install()
    asyncio.run(main())
