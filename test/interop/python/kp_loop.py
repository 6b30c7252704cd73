"""The checks of katcp-python's clients on a loop: AsyncClient, InspectingClientAsync and KATCPClientResource."""
import time

import shim  # noqa: F401

import tornado.gen
import tornado.ioloop
from katcp import AsyncClient, KATCPClientResource, Message, Sensor
from katcp.inspecting_client import InspectingClientAsync, SyncError

import checks
from checks import equal, holds, within
from kp_common import GIVEN, REQUESTS, UNIT, V5, described, when

# How long a check may take, in seconds.
PATIENCE = 60


@tornado.gen.coroutine
def until(condition):
    deadline = time.time() + 30
    while not condition():
        assert time.time() < deadline, "it did not happen within 30 s"
        yield tornado.gen.sleep(0.01)


class Asynchronous(object):
    """The checks of one AsyncClient."""

    @tornado.gen.coroutine
    def start(self):
        self.client = AsyncClient(GIVEN.host, GIVEN.port)
        self.client.set_ioloop(tornado.ioloop.IOLoop.current())
        self.client.start()
        yield self.client.until_protocol(timeout=30)

    @tornado.gen.coroutine
    def pipelined_requests(self):
        slow = self.client.future_request(Message.request("sleep", 0.3))
        replies = yield [self.client.future_request(Message.request("echo", i)) for i in range(300)]
        equal([reply.arguments for reply, _ in replies], [[b"ok", b"%d" % i] for i in range(300)])
        # without ids the others wait for it
        equal(slow.done(), not V5)
        reply, _ = yield slow
        equal(reply.arguments, [b"ok"])

    @tornado.gen.coroutine
    def stop(self):
        self.client.stop()
        yield self.client.until_stopped(timeout=30)


class Inspecting(object):
    """The checks of one InspectingClientAsync, which stays connected from one to the next."""

    @tornado.gen.coroutine
    def start(self):
        self.client = InspectingClientAsync(GIVEN.host, GIVEN.port, ioloop=tornado.ioloop.IOLoop.current())
        yield self.client.connect(timeout=30)

    @tornado.gen.coroutine
    def synchronises(self):
        yield self.client.until_synced(timeout=30)
        equal(set(self.client.sensors), set(checks.SENSORS))
        equal(set(self.client.requests), REQUESTS)

    @tornado.gen.coroutine
    def sensors(self):
        for name in checks.SENSORS:
            sensor = yield self.client.future_get_sensor(name)
            _, description, units, kind = described(name)[:4]
            equal((sensor.description, sensor.units, sensor.type), (description, units, kind))
        sensor = yield self.client.future_get_sensor("test.int")
        equal(sensor.params, [0, 100])

    @tornado.gen.coroutine
    def requests(self):
        request = yield self.client.future_get_request("sleep")
        equal((request.name, request.timeout_hint), ("sleep", 10.0 if V5 else None))
        request = yield self.client.future_get_request("watchdog")
        equal((request.name, request.timeout_hint), ("watchdog", None))

    @tornado.gen.coroutine
    def missing_sensor(self):
        sensor = yield self.client.future_get_sensor("nosuch")
        equal(sensor, None)

    @tornado.gen.coroutine
    def missing_request(self):
        # With flag T the client asks for the hint of a request that it has just found missing, and stumbles over
        # the right failure of that: the failure of ?help is passed all the same.
        try:
            request = yield self.client.future_get_request("nosuch")
        except SyncError as error:
            assert V5, error
            holds(str(error), "timeout hints")
        else:
            equal(request, None)

    @tornado.gen.coroutine
    def simple_request(self):
        reply, _ = yield self.client.simple_request("add", 1, 2)
        equal(reply.arguments, [b"ok", b"3.0"])

    @tornado.gen.coroutine
    def interface_changed(self):
        if V5:
            yield self.client.simple_request("add-sensor", "dyn")
            yield until(lambda: "dyn" in self.client.sensors and self.client.synced)
            yield self.client.simple_request("remove-sensor", "dyn")
            yield until(lambda: "dyn" not in self.client.sensors and self.client.synced)
        else:
            # nothing tells it: it asks when it is asked
            yield self.client.simple_request("add-sensor", "dyn")
            sensor = yield self.client.future_get_sensor("dyn")
            equal(sensor.name, "dyn")
            yield self.client.simple_request("remove-sensor", "dyn")

    @tornado.gen.coroutine
    def stop(self):
        self.client.stop()
        yield self.client.until_stopped(timeout=30)


class Resource(object):
    """The checks of one KATCPClientResource."""

    @tornado.gen.coroutine
    def start(self):
        self.client = KATCPClientResource(
            {"name": "device", "address": (GIVEN.host, GIVEN.port), "controlled": True}
        )
        self.client.set_ioloop(tornado.ioloop.IOLoop.current())
        self.client.start()

    @tornado.gen.coroutine
    def synced(self):
        yield self.client.until_synced(timeout=30)
        assert self.client.is_connected()
        equal(set(self.client.sensor), {name.replace(".", "_") for name in checks.SENSORS})
        holds(self.client.req, "pick_fruit")

    @tornado.gen.coroutine
    def requests(self):
        reply = yield self.client.req.add(1, 2)
        assert reply.succeeded, str(reply)
        equal(reply.reply.arguments, [b"ok", b"3.0"])
        reply = yield self.client.req["raise"]("it went wrong")
        assert not reply.succeeded, str(reply)
        reply = yield self.client.req.sensor_list("test.int")
        equal(len(reply.informs), 1)
        equal(self.client.req.pick_fruit.timeout_hint, 2.0 if V5 else None)

    @tornado.gen.coroutine
    def readings(self):
        for name, value in (("test.int", 42), ("test.float", 2.5), ("test.discrete", "three"), ("test.bool", 1)):
            reply = yield self.client.req.set_sensor(name, value, "warn", when(1500000000.25))
            assert reply.succeeded, str(reply)
            reading = yield self.client.sensor[name.replace(".", "_")].get_reading()
            equal((reading.value, reading.istatus, reading.timestamp), (value, Sensor.WARN, 1500000000.25))

    @tornado.gen.coroutine
    def sampled(self, sensor, strategy, values):
        """Sets the strategy, then the values; gives what listeners were told."""
        told = []

        def listener(received, timestamp, status, value):
            told.append((status, value))

        sensor.register_listener(listener)
        succeeded, info = yield sensor.set_sampling_strategy(strategy)
        assert succeeded, info
        # the present reading comes before the reply
        equal(len(told), 1)
        for value in values:
            reply = yield self.client.req.set_sensor(sensor.name, *value)
            assert reply.succeeded, str(reply)
        raise tornado.gen.Return((told, listener))

    @tornado.gen.coroutine
    def none(self, sensor, listener):
        succeeded, info = yield sensor.set_sampling_strategy("none")
        assert succeeded, info
        sensor.unregister_listener(listener)

    @tornado.gen.coroutine
    def sampling_event(self):
        for name, values in (
            ("test.int", [(1,), (1,), (2,), (2, "error")]),
            ("test.float", [(1.5,), (1.5,), (-2.5,), (-2.5, "error")]),
            ("test.bool", [(0,), (0,), (1,), (1, "error")]),
            ("test.string", [("a b",), ("a b",), ("",), ("", "error")]),
            ("test.discrete", [("one",), ("one",), ("two",), ("two", "error")]),
        ):
            yield self.client.req.set_sensor(name, *values[2])
            sensor = self.client.sensor[name.replace(".", "_")]
            told, listener = yield self.sampled(sensor, "event", values)
            yield self.none(sensor, listener)
            statuses = ["nominal", "nominal", "nominal", "error"]
            equal([status for status, _ in told], statuses)
            equal(len({value for _, value in told}), 2)
            equal((told[0][1], told[1][1] != told[0][1]), (told[2][1], True))
            yield self.client.req.set_sensor(name, *values[0])
            yield self.client.req.watchdog()
            equal(len(told), 4)

    @tornado.gen.coroutine
    def sampling_period(self):
        sensor = self.client.sensor.test_int
        yield self.client.req.set_sensor("test.int", 5)
        began = time.time()
        told, listener = yield self.sampled(sensor, ("period", 0.1 * UNIT), [(6,)])
        yield until(lambda: len(told) >= 6)
        within(time.time() - began, 0.4, 30)
        equal(told[:1] + told[-1:], [("nominal", 5), ("nominal", 6)])
        reply = yield self.client.req.sensor_sampling("test.int")
        equal(reply.reply.arguments[1:], [b"test.int", b"period", b"0.1" if V5 else b"100"])
        yield self.none(sensor, listener)

    @tornado.gen.coroutine
    def sampling_differential(self):
        sensor = self.client.sensor.test_int
        yield self.client.req.set_sensor("test.int", 10)
        # it makes 2.0 of this
        told, listener = yield self.sampled(sensor, "differential 2", [(12,), (13,), (11,), (10,)])
        equal([value for _, value in told], [10, 13, 10])
        reply = yield self.client.req.sensor_sampling("test.int")
        equal(reply.reply.arguments[1:], [b"test.int", b"differential", b"2"])
        for strategy in ("differential 2.5", "differential -1", "differential", "period 0", "nosuch"):
            succeeded, info = yield sensor.set_sampling_strategy(strategy)
            assert not succeeded, "%s: %r" % (strategy, info)
        # the old one goes on
        yield self.client.req.set_sensor("test.int", 20)
        equal(told[-1], ("nominal", 20))
        yield self.none(sensor, listener)

    @tornado.gen.coroutine
    def sampling_rates(self):
        sensor = self.client.sensor.test_float
        if V5:
            wanted = [("nominal", 0.0), ("nominal", 2.0), ("nominal", 2.0)]
            # both are set within the shortest time, unless the machine is busy
            for shortest in (0.1, 0.4, 1.6, 6.4):
                yield self.client.req.set_sensor("test.float", 0)
                rates = "event-rate %s %s" % (shortest, 5 * shortest)
                told, listener = yield self.sampled(sensor, rates, [(1,), (2,)])
                yield until(lambda: len(told) >= 3)
                yield self.none(sensor, listener)
                if told[:3] == wanted:
                    break
            equal(told[:3], wanted)
            told, listener = yield self.sampled(sensor, "differential-rate 1.5 0 60", [(3,), (4,)])
            equal(told, [("nominal", 2.0), ("nominal", 4.0)])
            yield self.none(sensor, listener)
        else:
            for strategy in ("event-rate 100 500", "differential-rate 1.5 0 500"):
                succeeded, info = yield sensor.set_sampling_strategy(strategy)
                assert not succeeded, "%s: %r" % (strategy, info)

    @tornado.gen.coroutine
    def sampling_dropped(self):
        sensor = self.client.sensor.test_float
        told, listener = yield self.sampled(sensor, "auto", [(1,), (1,)])
        equal(len(told), 3)
        # it forgets the strategy: the device goes on, until it is cleared
        sensor.drop_sampling_strategy()
        yield self.client.req.set_sensor("test.float", 2)
        equal(len(told), 4)
        reply = yield self.client.req.sensor_sampling_clear()
        assert reply.succeeded, str(reply)
        yield self.client.req.set_sensor("test.float", 3)
        reply = yield self.client.req.sensor_sampling("test.float")
        equal(reply.reply.arguments[1:], [b"test.float", b"none"])
        equal(len(told), 4)
        sensor.unregister_listener(listener)

    @tornado.gen.coroutine
    def stop(self):
        self.client.stop()
        yield self.client.until_stopped(timeout=30)


TURNS = {
    "async": (Asynchronous, ["pipelined-requests"]),
    "inspecting": (
        Inspecting,
        [
            "synchronises",
            "sensors",
            "requests",
            "missing-sensor",
            "missing-request",
            "simple-request",
            "interface-changed",
        ],
    ),
    "resource": (
        Resource,
        [
            "synced",
            "requests",
            "readings",
            "sampling-event",
            "sampling-period",
            "sampling-differential",
            "sampling-rates",
            "sampling-dropped",
        ],
    ),
}


def limited(future):
    return tornado.gen.with_timeout(time.time() + PATIENCE, future)


@tornado.gen.coroutine
def on_a_loop():
    for group, (kind, names) in TURNS.items():
        turn = kind()
        yield limited(turn.start())
        for name in names:
            try:
                yield limited(getattr(turn, name.replace("-", "_"))())
            except Exception as error:
                checks.report("%s:%s" % (group, name), error)
            else:
                checks.report("%s:%s" % (group, name))
        yield limited(turn.stop())


def run():
    tornado.ioloop.IOLoop.current().run_sync(on_a_loop)
