"""The example device on aiokatcp: aio_device.py [--host H] [--port P]."""
import asyncio
import enum
import ipaddress
import logging
import signal
import sys
import time
from typing import Optional

import aiokatcp
from aiokatcp import Address, FailReply, Sensor, Timestamp

import example

Fruit = enum.Enum("Fruit", [name.upper() for name in example.FRUITS])
Choice = enum.Enum("Choice", ["ONE", "TWO", "THREE"])
Lru = enum.Enum("Lru", ["NOMINAL", "ERROR"])


def lru_decoder(_cls):
    def decode(raw):
        for member in Lru:
            if member.name.lower().encode() == raw:
                return member
        raise ValueError(f"{raw!r} is neither nominal nor error")

    return decode


aiokatcp.core.register_type(
    Lru, "lru", lambda value: value.name.lower().encode(), lru_decoder, lambda cls: cls.NOMINAL
)


class RangedSensor(Sensor):
    """A sensor with a nominal range, which the library does not know."""

    def __init__(self, *args, nominal, **kwargs):
        super().__init__(*args, **kwargs)
        self.nominal = nominal

    @property
    def params(self):
        return [aiokatcp.encode(self.stype(bound)) for bound in self.nominal]


class Device(aiokatcp.DeviceServer):
    VERSION = "%s-%d.%d" % example.API
    BUILD_STATE = "%s-%d.%d" % example.BUILD

    def __init__(self, host, port):
        super().__init__(host, port)
        nominal = Sensor.Status.NOMINAL
        for sensor in (
            RangedSensor(float, "add.result", "Last ?add result.", nominal=(-10000, 10000)),
            Sensor(Timestamp, "time.result", "Last ?time result."),
            Sensor(str, "eval.result", "Last ?eval result."),
            Sensor(Fruit, "fruit.result", "Last ?pick-fruit result."),
            RangedSensor(int, "test.int", "An integer.", "count", initial_status=nominal, nominal=(0, 100)),
            RangedSensor(float, "test.float", "A float.", "m/s", initial_status=nominal, nominal=(-10, 10)),
            Sensor(bool, "test.bool", "A boolean.", initial_status=nominal),
            Sensor(str, "test.string", "A string.", initial_status=nominal),
            Sensor(Lru, "test.lru", "An LRU.", initial_status=nominal),
            Sensor(Timestamp, "test.timestamp", "A time.", initial_status=nominal),
            Sensor(
                Address,
                "test.address",
                "An address.",
                default=Address(ipaddress.ip_address("127.0.0.1"), 5000),
                initial_status=nominal,
            ),
            Sensor(Choice, "test.discrete", "A choice.", initial_status=nominal),
        ):
            self.sensors.add(sensor)

    def known(self, name):
        if name not in self.sensors:
            raise FailReply(f"Unknown sensor {name!r}")
        return self.sensors[name]

    async def request_add(self, ctx, x: float, y: float) -> float:
        """Add two numbers (?add x y)."""
        self.sensors["add.result"].value = x + y
        return x + y

    async def request_time(self, ctx) -> Timestamp:
        """Return the current time in seconds since the Unix epoch (?time)."""
        now = Timestamp(time.time())
        self.sensors["time.result"].value = now
        return now

    async def request_eval(self, ctx, expression: str) -> str:
        """Evaluate an arithmetic expression (?eval expression)."""
        try:
            result = example.evaluate(expression)
        except ValueError as error:
            raise FailReply(str(error)) from error
        self.sensors["eval.result"].value = result
        return result

    async def request_pick_fruit(self, ctx) -> Fruit:
        """Pick a random fruit (?pick-fruit)."""
        seconds, fruit = example.picking()
        ctx.inform(f"Picking will take {seconds:.2f} seconds")
        await asyncio.sleep(seconds)
        if fruit is None:
            raise FailReply("No fruit.")
        self.sensors["fruit.result"].value = Fruit[fruit.upper()]
        return Fruit[fruit.upper()]

    async def request_raw_reverse(self, ctx, *args: bytes) -> None:
        """Reply with the arguments reversed (?raw-reverse [arg ...])."""
        ctx.reply(*reversed(args))

    async def request_echo(self, ctx, *args: bytes) -> tuple:
        """Reply with ok and the arguments (?echo [arg ...])."""
        return args

    async def request_sleep(self, ctx, seconds: float) -> None:
        """Reply after that many seconds (?sleep seconds)."""
        await asyncio.sleep(seconds)

    async def request_raise(self, ctx, text: str) -> None:
        """Throw an exception with that text (?raise text)."""
        raise RuntimeError(text)

    async def request_set_sensor(
        self,
        ctx,
        name: str,
        value: bytes,
        status: Sensor.Status = Sensor.Status.NOMINAL,
        timestamp: Optional[Timestamp] = None,
    ) -> None:
        """Set a sensor (?set-sensor name value [status [timestamp]])."""
        sensor = self.known(name)
        try:
            decoded = aiokatcp.decode(sensor.stype, value)
        except ValueError as error:
            raise FailReply(str(error)) from error
        sensor.set_value(decoded, status, timestamp)

    async def request_write_log(self, ctx, level: str, text: str) -> None:
        """Log a message on the device (?write-log level text)."""
        if level not in example.LEVELS:
            raise FailReply(f"Unknown level {level!r}")
        logging.getLogger(example.LOGGER).log(aiokatcp.core.LogLevel[level.upper()], "%s", text)

    async def request_add_sensor(self, ctx, name: str) -> None:
        """Add a float sensor (?add-sensor name)."""
        if not example.NAME.match(name):
            raise FailReply(f"No name for a sensor: {name!r}")
        self.sensors.add(Sensor(float, name, "An added sensor.", initial_status=Sensor.Status.NOMINAL))
        self.mass_inform("interface-changed", "sensor-list")

    async def request_remove_sensor(self, ctx, name: str) -> None:
        """Remove a sensor (?remove-sensor name)."""
        self.sensors.remove(self.known(name))
        self.mass_inform("interface-changed", "sensor-list")


async def main():
    given = example.options()
    if given.protocol != 5:
        sys.exit("aiokatcp serves protocol 5 only")
    device = Device(given.host, given.port)
    logger = logging.getLogger(example.LOGGER)
    logger.setLevel(1)
    logger.propagate = False
    logger.addHandler(aiokatcp.DeviceServer.LogHandler(device))
    await device.start()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, device.halt)
    print("listening on %s:%d" % device.sockets[0].getsockname()[:2], flush=True)
    await device.join()


if __name__ == "__main__":
    logging.getLogger("aiokatcp").setLevel(logging.CRITICAL)
    asyncio.run(main())
