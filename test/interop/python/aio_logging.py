"""A device on aiokatcp that sends its clients whatever Python logs, as the documentation shows it.

aio_logging.py [--host H] [--port P]
"""
import argparse
import asyncio
import logging
import signal

import aiokatcp


class Device(aiokatcp.DeviceServer):
    VERSION = "logging-1.0"
    BUILD_STATE = "logging-1.0.0"

    def __init__(self, host, port):
        super().__init__(host, port)
        self.sensors.add(aiokatcp.Sensor(int, "count", "Requests so far.", initial_status=aiokatcp.Sensor.Status.NOMINAL))

    async def request_count(self, ctx) -> int:
        """Count."""
        self.sensors["count"].value += 1
        return self.sensors["count"].value


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    args = parser.parse_args()
    device = Device(args.host, args.port)
    logging.getLogger().addHandler(Device.LogHandler(device))
    await device.start()
    host, port = device.sockets[0].getsockname()[:2]
    print(f"listening on {host}:{port}", flush=True)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, device.halt)
    await device.join()


asyncio.run(main())
