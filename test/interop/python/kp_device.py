"""The example device on katcp-python: kp_device.py [--host H] [--port P] [--protocol 5|4]."""
import logging
import signal
import time

import shim  # noqa: F401

import tornado.gen
import tornado.ioloop
from katcp import AsyncDeviceServer, DeviceLogger, FailReply, Message, ProtocolFlags, Sensor
from katcp.kattypes import Float, Str, Timestamp, concurrent_reply, request, request_timeout_hint, return_reply
from katcp.server import KATCPServer

import example

# The library's listening queue of 5 drops connections of any burst.
KATCPServer.BACKLOG = 512

FLAGS = {
    5: ProtocolFlags(5, 1, [b"M", b"I", b"T", b"B"]),
    4: ProtocolFlags(4, 0, [b"M"]),
}


def device_class(major):
    """The device for a major version of KATCP: its argument types depend on it."""

    class Device(AsyncDeviceServer):
        VERSION_INFO = example.API
        BUILD_INFO = example.BUILD + ("",)
        PROTOCOL_INFO = FLAGS[major]

        def setup_sensors(self):
            nominal = {"initial_status": Sensor.NOMINAL}
            for sensor in (
                Sensor(Sensor.FLOAT, "add.result", "Last ?add result.", "", [-10000.0, 10000.0]),
                Sensor(Sensor.TIMESTAMP, "time.result", "Last ?time result."),
                Sensor(Sensor.STRING, "eval.result", "Last ?eval result."),
                Sensor(Sensor.DISCRETE, "fruit.result", "Last ?pick-fruit result.", "", list(example.FRUITS)),
                Sensor(Sensor.INTEGER, "test.int", "An integer.", "count", [0, 100], **nominal),
                Sensor(Sensor.FLOAT, "test.float", "A float.", "m/s", [-10.0, 10.0], **nominal),
                Sensor(Sensor.BOOLEAN, "test.bool", "A boolean.", **nominal),
                Sensor(Sensor.STRING, "test.string", "A string.", **nominal),
                Sensor(Sensor.LRU, "test.lru", "An LRU.", **nominal),
                Sensor(Sensor.TIMESTAMP, "test.timestamp", "A time.", **nominal),
                Sensor(Sensor.ADDRESS, "test.address", "An address.", default=("127.0.0.1", 5000), **nominal),
                Sensor(Sensor.DISCRETE, "test.discrete", "A choice.", "", ["one", "two", "three"], **nominal),
            ):
                self.add_sensor(sensor)

        def known(self, name):
            if not self.has_sensor(name):
                raise FailReply("Unknown sensor name.")
            return self.get_sensor(name)

        def interface_changed(self):
            if major >= 5:
                self.mass_inform(Message.inform("interface-changed", "sensor-list"))

        @request(Float(), Float(), major=major)
        @return_reply(Float(), major=major)
        def request_add(self, req, x, y):
            """Add two numbers (?add x y)."""
            self.get_sensor("add.result").set_value(x + y)
            return ("ok", x + y)

        @request(major=major)
        @return_reply(Timestamp(), major=major)
        def request_time(self, req):
            """Return the current time (?time)."""
            now = time.time()
            self.get_sensor("time.result").set_value(now)
            return ("ok", now)

        @request(Str(), major=major)
        @return_reply(Str(), major=major)
        def request_eval(self, req, expression):
            """Evaluate an arithmetic expression (?eval expression)."""
            try:
                result = example.evaluate(expression)
            except ValueError as error:
                return ("fail", str(error))
            self.get_sensor("eval.result").set_value(result)
            return ("ok", result)

        @request(major=major)
        @return_reply(Str(), major=major)
        @request_timeout_hint(2.0)
        @concurrent_reply
        @tornado.gen.coroutine
        def request_pick_fruit(self, req):
            """Pick a random fruit (?pick-fruit)."""
            seconds, fruit = example.picking()
            req.inform("Picking will take %.2f seconds" % seconds)
            yield tornado.gen.sleep(seconds)
            if fruit is None:
                raise tornado.gen.Return(("fail", "No fruit."))
            self.get_sensor("fruit.result").set_value(fruit)
            raise tornado.gen.Return(("ok", fruit))

        def request_raw_reverse(self, req, msg):
            """Reply with the arguments reversed (?raw-reverse [arg ...])."""
            return Message.reply("raw-reverse", *reversed(msg.arguments))

        def request_echo(self, req, msg):
            """Reply with ok and the arguments (?echo [arg ...])."""
            return Message.reply("echo", "ok", *msg.arguments)

        @request(Float(), major=major)
        @return_reply(major=major)
        @request_timeout_hint(10.0)
        @concurrent_reply
        @tornado.gen.coroutine
        def request_sleep(self, req, seconds):
            """Reply after that many seconds (?sleep seconds)."""
            yield tornado.gen.sleep(seconds)
            raise tornado.gen.Return(("ok",))

        @request(Str(), major=major)
        @return_reply(major=major)
        def request_raise(self, req, text):
            """Throw an exception with that text (?raise text)."""
            raise RuntimeError(text)

        def request_set_sensor(self, req, msg):
            """Set a sensor (?set-sensor name value [status [timestamp]])."""
            if not 2 <= len(msg.arguments) <= 4:
                raise FailReply("set-sensor takes 2 to 4 arguments")
            name, value, status, timestamp = msg.arguments + [b"nominal", None][len(msg.arguments) - 2 :]
            sensor = self.known(name.decode())
            if status not in Sensor.STATUS_NAMES_RAW:
                raise FailReply("Unknown status %r" % status)
            try:
                sensor.set(
                    time.time() if timestamp is None else Sensor.TIMESTAMP_TYPE.decode(timestamp, major),
                    Sensor.STATUS_NAMES_RAW[status],
                    sensor.parse_value(value, major),
                )
            except ValueError as error:
                raise FailReply(str(error))
            return req.make_reply("ok")

        @request(Str(), Str(), major=major)
        @return_reply(major=major)
        def request_write_log(self, req, level, text):
            """Log a message on the device (?write-log level text)."""
            if level not in example.LEVELS:
                return ("fail", "Unknown level %r" % level)
            self.log.log(DeviceLogger.LEVELS.index(level), "%s", text, name=example.LOGGER)
            return ("ok",)

        @request(Str(), major=major)
        @return_reply(major=major)
        def request_add_sensor(self, req, name):
            """Add a float sensor (?add-sensor name)."""
            if not example.NAME.match(name):
                return ("fail", "No name for a sensor: %r" % name)
            self.add_sensor(Sensor(Sensor.FLOAT, name, "An added sensor.", initial_status=Sensor.NOMINAL))
            self.interface_changed()
            return ("ok",)

        @request(Str(), major=major)
        @return_reply(major=major)
        def request_remove_sensor(self, req, name):
            """Remove a sensor (?remove-sensor name)."""
            self.remove_sensor(self.known(name))
            self.interface_changed()
            return ("ok",)

    return Device


class Life(object):
    """Starts, restarts and ends the device. It is what the library takes for a queue of devices to restart."""

    def __init__(self, device):
        self.device = device
        self.loop = tornado.ioloop.IOLoop.current()
        self.restarting = False
        self.ending = False
        device.set_restart_queue(self)

    @tornado.gen.coroutine
    def start(self):
        self.device.start()
        while not self.device.running():
            yield tornado.gen.moment

    @tornado.gen.coroutine
    def run(self):
        yield self.start()
        print("listening on %s:%d" % self.device.bind_address, flush=True)
        while self.device.running() or self.restarting:
            yield tornado.gen.sleep(0.02)

    def put_nowait(self, _):
        self.restarting = True
        self.loop.add_callback(self.restart)

    @tornado.gen.coroutine
    def restart(self):
        yield self.device.stop(timeout=None)
        if not self.ending:
            for sensor in self.device.get_sensors():
                self.device.remove_sensor(sensor)
            self.device.setup_sensors()
            yield self.start()
        self.restarting = False
        if self.ending:
            self.end()

    def end(self):
        self.ending = True
        if self.device.running() and not self.restarting:
            self.device.stop(timeout=None)


def main():
    given = example.options()
    logger = logging.getLogger("device")
    logger.propagate = False
    logger.addHandler(logging.NullHandler())
    life = Life(device_class(given.protocol)(given.host, given.port, logger=logger))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: life.loop.add_callback_from_signal(life.end))
    life.loop.run_sync(life.run)


if __name__ == "__main__":
    logging.getLogger("katcp").setLevel(logging.CRITICAL)
    main()
