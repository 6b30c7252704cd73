"""Drives a version 5.1 example device with aiokatcp: aio_client.py HOST PORT. Prints one JSON object for each check."""
import asyncio
import ipaddress
import logging
import time

import aiokatcp
from aiokatcp import Address, Client, FailReply, InvalidReply, Sensor, Timestamp

import checks
import example
from checks import equal, holds, within

# No check may take longer, in seconds.
PATIENCE = 60
CHECKS = {}


def check(name):
    def register(function):
        CHECKS[name] = function
        return function

    return register


async def fails(client, request, *args):
    """The text of the failure."""
    try:
        await client.request(request, *args)
    except FailReply as error:
        return str(error)
    raise AssertionError("?%s %r did not fail" % (request, args))


class Informs:
    """Collects the asynchronous informs of one name while it lasts."""

    def __init__(self, client, name):
        self.client, self.name, self.queue = client, name, asyncio.Queue()

    def __enter__(self):
        self.client.add_inform_callback(self.name, self.put)
        return self

    def __exit__(self, *_):
        self.client.remove_inform_callback(self.name, self.put)

    def put(self, *args: bytes) -> None:
        self.queue.put_nowait([arg.decode() for arg in args])

    async def next(self):
        return await asyncio.wait_for(self.queue.get(), 30)


def words(informs):
    return [[arg.decode() for arg in inform.arguments] for inform in informs]


async def connected(client):
    await client.wait_connected()
    return client


@check("connect")
async def _(client):
    assert client.is_connected
    assert {"B", "M", "I", "T"} <= client.protocol_flags, client.protocol_flags


@check("watchdog")
async def _(client):
    equal(await client.request("watchdog"), ([], []))


@check("add")
async def _(client):
    equal(await client.request("add", 1, 2.5), ([b"3.5"], []))
    equal(await client.request("add", 1, 2), ([b"3.0"], []))
    equal((await client.sensor_reading("add.result")).value, 3.0)


@check("time")
async def _(client):
    (now,), _ = await client.request("time")
    within(time.time() - aiokatcp.decode(Timestamp, now), -2, 60)
    reading = await client.sensor_reading("time.result")
    equal((reading.value, reading.status), (aiokatcp.decode(Timestamp, now), Sensor.Status.NOMINAL))


@check("eval")
async def _(client):
    for expression, result in checks.EXPRESSIONS:
        equal((await client.request("eval", expression))[0], [result])
    equal(await client.sensor_value("eval.result", str), "1000.0")


@check("pick-fruit")
async def _(client):
    for _ in range(3):
        reply, informs = await client.request_raw("pick-fruit")
        equal(len(informs), 1)
        holds(words(informs)[0][0], "Picking will take")
        if reply.arguments[0] == b"ok":
            holds(example.FRUITS, reply.arguments[1].decode())
            equal(await client.sensor_value("fruit.result"), reply.arguments[1])
        else:
            equal(reply.arguments, [b"fail", b"No fruit."])


@check("raw-reverse")
async def _(client):
    reply, _ = await client.request_raw("raw-reverse", b"x", b"", b"y z", b"\xff")
    equal(reply.arguments, [b"\xff", b"y z", b"", b"x"])
    equal((await client.request_raw("raw-reverse"))[0].arguments, [])


@check("echo-every-byte")
async def _(client):
    sent = [bytes(range(256)), b"", b"\xff\xfe", b"\\@", b" "] + [bytes([byte]) for byte in range(256)]
    equal((await client.request("echo", *sent))[0], sent)


@check("echo-unicode")
async def _(client):
    sent = "h\u00e9llo w\u00f6rld \u2603 \U0001f600"
    (back,), _ = await client.request("echo", sent)
    equal(back.decode(), sent)


@check("echo-long")
async def _(client):
    sent = bytes(range(256)) * 4096
    equal((await client.request("echo", sent))[0], [sent])


@check("echo-many-arguments")
async def _(client):
    sent = [b"%d" % i for i in range(4096)]
    equal((await client.request("echo", *sent))[0], sent)


@check("concurrent-requests")
async def _(client):
    answered = []

    async def ask(name, *arguments):
        equal(await client.request(name, *arguments), ([], []))
        answered.append(name)

    slow = asyncio.create_task(ask("sleep", 0.3))
    await asyncio.sleep(0)
    await asyncio.gather(slow, ask("watchdog"))
    equal(answered, ["watchdog", "sleep"])


@check("pipelined-requests")
async def _(client):
    replies = await asyncio.gather(*(client.request("echo", i) for i in range(500)))
    equal([reply for reply, _ in replies], [[b"%d" % i] for i in range(500)])


@check("unknown-request")
async def _(client):
    try:
        await client.request("nosuch", "a")
    except InvalidReply as error:
        assert str(error), "no text"
    else:
        raise AssertionError("?nosuch did not fail")


for name, (request, text) in checks.FAILURES.items():

    async def failure(client, request=request, text=text):
        said = await fails(client, *request)
        assert said, "no text"
        holds(said, text)
        await client.request("watchdog")

    CHECKS["fails:" + name] = failure


@check("help")
async def _(client):
    (count,), informs = await client.request("help")
    names = [inform[0] for inform in words(informs)]
    equal(int(count), len(names))
    equal(names, sorted(names))
    equal(set(names), checks.STANDARD_V5 | checks.OWN)
    assert all(len(inform.arguments) == 2 and inform.arguments[1] for inform in informs)
    (count,), informs = await client.request("help", "add")
    equal((count, words(informs)[0][0]), (b"1", "add"))


@check("version-list")
async def _(client):
    (count,), informs = await client.request("version-list")
    versions = {inform[0]: inform[1:] for inform in words(informs)}
    equal(int(count), len(informs))
    equal(versions["katcp-device"], ["example-api-1.0", "example-implementation-0.1"])
    holds(versions["katcp-protocol"][0], "5.1-")
    holds(versions, "katcp-library")


@check("client-list")
async def _(client):
    own = client._connection._transport.get_extra_info("sockname")
    (count,), informs = await client.request("client-list")
    equal((count, words(informs)), (b"1", [["%s:%d" % own[:2]]]))


@check("client-connected")
async def _(client):
    with Informs(client, "client-connected") as informs:
        other = await Client.connect(client.host, client.port)
        own = other._connection._transport.get_extra_info("sockname")
        holds((await informs.next())[0], "%s:%d" % own[:2])
        equal((await client.request("client-list"))[0], [b"2"])
        other.close()
        await other.wait_closed()


@check("request-timeout-hint")
async def _(client):
    (count,), informs = await client.request("request-timeout-hint")
    hints = {name: float(seconds) for name, seconds in words(informs)}
    equal((count, hints), (b"2", {"pick-fruit": 2.0, "sleep": 10.0}))
    _, informs = await client.request("request-timeout-hint", "watchdog")
    equal([[name, float(seconds)] for name, seconds in words(informs)], [["watchdog", 0.0]])


@check("sensor-list")
async def _(client):
    (count,), informs = await client.request("sensor-list")
    equal(words(informs), [[name] + described for name, (described, _, _) in sorted(checks.SENSORS.items())])
    equal(int(count), len(informs))
    (count,), informs = await client.request("sensor-list", "/^test.b|lru/")
    equal((count, [inform[0] for inform in words(informs)]), (b"2", ["test.bool", "test.lru"]))
    equal(await client.request("sensor-list", "/zzz/"), ([b"0"], []))


@check("sensor-value")
async def _(client):
    (count,), informs = await client.request("sensor-value", "/^test/")
    values = words(informs)
    equal(int(count), len(values))
    for when, number, name, status, value in values:
        equal((number, status, value), ("1", checks.SENSORS[name][1], checks.SENSORS[name][2]))
        within(time.time() - float(when), -2, 120)
    equal(len(values), 8)


SAMPLES = [
    ("test.int", 42, int, 42),
    ("test.int", 2**70, int, 2**70),
    ("test.float", 1e-7, float, 1e-7),
    ("test.float", float("inf"), float, float("inf")),
    ("test.float", 0.1 + 0.2, float, 0.1 + 0.2),
    ("test.bool", True, bool, True),
    ("test.string", "a b\t\u2603", str, "a b\t\u2603"),
    ("test.string", b"\x00\x1b\\@", bytes, b"\x00\x1b\\@"),
    ("test.lru", "error", bytes, b"error"),
    ("test.timestamp", Timestamp(1222180721.66), Timestamp, 1222180721.66),
    ("test.address", Address(ipaddress.ip_address("::1"), 80), Address, Address(ipaddress.ip_address("::1"), 80)),
    ("test.address", Address(ipaddress.ip_address("10.0.0.1")), Address, Address(ipaddress.ip_address("10.0.0.1"))),
    ("test.discrete", "two", bytes, b"two"),
]


@check("set-sensor-every-type")
async def _(client):
    for name, value, kind, expected in SAMPLES:
        await client.request("set-sensor", name, value, "nominal", Timestamp(1500000000.25))
        reading = await client.sensor_reading(name, kind)
        equal(reading.value, expected)
        equal((reading.status, reading.timestamp), (Sensor.Status.NOMINAL, 1500000000.25))


@check("set-sensor-every-status")
async def _(client):
    for status in Sensor.Status:
        await client.request("set-sensor", "test.int", int(status), status)
        reading = await client.sensor_reading("test.int")
        equal((reading.status, reading.value), (status, int(status)))
        within(time.time() - reading.timestamp, -2, 60)


@check("sensor-types-from-the-list")
async def _(client):
    # without a type the client asks ?sensor-list for it
    await client.request("set-sensor", "test.int", 7)
    await client.request("set-sensor", "test.discrete", "two")
    equal(await client.sensor_value("test.int"), 7)
    equal(await client.sensor_value("test.discrete"), b"two")
    equal(type(await client.sensor_value("test.timestamp")), Timestamp)
    equal(type(await client.sensor_value("test.address")), Address)


@check("log")
async def _(client):
    equal((await client.request("log-level"))[0], [b"warn"])
    equal((await client.request("log-level", "debug"))[0], [b"debug"])
    other = await Client.connect(client.host, client.port)
    with Informs(client, "log") as here, Informs(other, "log") as there:
        equal((await other.request("log-level"))[0], [b"debug"])
        await client.request("write-log", "trace", "unseen")
        for level in ("debug", "info", "warn", "error", "fatal"):
            await client.request("write-log", level, "the text at " + level)
            # the inform comes before the reply
            assert here.queue.qsize() == 1, here.queue.qsize()
            for informs in (here, there):
                said, when, name, text = await informs.next()
                equal((said, name, text), (level, example.LOGGER, "the text at " + level))
                within(time.time() - float(when), -2, 60)
        equal((await client.request("log-level", "off"))[0], [b"off"])
        await client.request("write-log", "fatal", "unseen")
        equal((await client.request("log-level", "all"))[0], [b"all"])
        await client.request("write-log", "trace", "the end")
        equal((await here.next())[3], "the end")
    other.close()
    await other.wait_closed()
    equal((await client.request("log-level"))[0], [b"all"])
    equal((await client.request("log-level", "warn"))[0], [b"warn"])


@check("interface-changed")
async def _(client):
    with Informs(client, "interface-changed") as informs:
        await client.request("add-sensor", "dyn")
        # the inform comes before the reply
        equal(informs.queue.qsize(), 1)
        equal(await informs.next(), ["sensor-list"])
        _, listed = await client.request("sensor-list", "dyn")
        equal(words(listed), [["dyn", "An added sensor.", "", "float"]])
        await client.request("set-sensor", "dyn", 2.5)
        equal(await client.sensor_value("dyn"), 2.5)
        # again under the same name: a new one
        await client.request("add-sensor", "dyn")
        equal(await informs.next(), ["sensor-list"])
        equal(await client.sensor_value("dyn"), 0.0)
        await client.request("remove-sensor", "dyn")
        equal(await informs.next(), ["sensor-list"])
        holds(await fails(client, "sensor-value", "dyn"), "Unknown sensor")


async def until(condition):
    for _ in range(3000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen within 30 s")


@check("sampling")
async def _(client):
    with Informs(client, "sensor-status") as informs:
        reply, _ = await client.request("sensor-sampling", "test.int,test.float", "event-rate", 0, 3600)
        equal(reply[0], b"test.int,test.float")
        equal([reply[1]] + [float(number) for number in reply[2:]], [b"event-rate", 0.0, 3600.0])
        # the informs come before the reply
        equal(informs.queue.qsize(), 2)
        equal([(await informs.next())[2] for _ in range(2)], ["test.int", "test.float"])
        await client.request("set-sensor", "test.float", -2.5, "warn", Timestamp(1500000000.25))
        when, count, *rest = await informs.next()
        equal((float(when), count, rest), (1500000000.25, "1", ["test.float", "warn", "-2.5"]))
        equal((await client.request("sensor-sampling", "test.int", "differential", 5))[0][2], b"5")
        await informs.next()
        # one that fails changes nothing
        holds(await fails(client, "sensor-sampling", "test.int,nosuch", "auto"), "Unknown sensor")
        assert await fails(client, "sensor-sampling", "test.int,test.string", "differential", 1)
        assert await fails(client, "sensor-sampling", "test.int,test.float")
        equal((await client.request("sensor-sampling", "test.int"))[0][1:], [b"differential", b"5"])
        await client.request("sensor-sampling", "test.int,test.float", "none")
        await client.request("set-sensor", "test.float", 0.5)
        assert informs.queue.empty(), "a report after none"


@check("sensor-watcher")
async def _(client):
    watched = await Client.connect(client.host, client.port)
    assert "B" in watched.protocol_flags, watched.protocol_flags
    watcher = aiokatcp.SensorWatcher(watched)
    watched.add_sensor_watcher(watcher)
    await asyncio.wait_for(watcher.synced.wait(), 30)
    # it leaves out types that it does not know
    equal(set(watcher.sensors), set(checks.SENSORS) - {"test.lru"})
    for name in watcher.sensors:
        described = checks.SENSORS[name][0]
        sensor = watcher.sensors[name]
        equal((sensor.description, sensor.units), tuple(described[:2]))
        _, informs = await client.request("sensor-value", name)
        when, _, _, status, value = words(informs)[0]
        equal((sensor.status.name.lower(), sensor.timestamp), (status, float(when)))
        equal(aiokatcp.encode(sensor.value).decode(), value)
    int_sensor = watcher.sensors["test.int"]
    for status in Sensor.Status:
        await client.request("set-sensor", "test.int", 50 + int(status), status, Timestamp(1500000000.25))
        await until(lambda: int_sensor.status == status)
        equal((int_sensor.value, int_sensor.timestamp), (50 + int(status), 1500000000.25))
    await client.request("set-sensor", "test.string", "a b\t\u2603")
    await until(lambda: watcher.sensors["test.string"].value == "a b\t\u2603".encode())
    await client.request("add-sensor", "dyn")
    await until(lambda: "dyn" in watcher.sensors and watcher.synced.is_set())
    await client.request("set-sensor", "dyn", 2.5)
    await until(lambda: watcher.sensors["dyn"].value == 2.5)
    # it sees no difference where one takes the place of its like, so it is let go first
    await client.request("remove-sensor", "dyn")
    await until(lambda: "dyn" not in watcher.sensors and watcher.synced.is_set())
    await client.request("add-sensor", "dyn")
    await until(lambda: "dyn" in watcher.sensors and watcher.synced.is_set())
    equal(watcher.sensors["dyn"].value, 0.0)
    await client.request("set-sensor", "dyn", 3.5)
    await until(lambda: watcher.sensors["dyn"].value == 3.5)
    await client.request("remove-sensor", "dyn")
    await until(lambda: "dyn" not in watcher.sensors)
    watched.close()
    await watched.wait_closed()


@check("many-clients")
async def _(client):
    others = await asyncio.gather(*(Client.connect(client.host, client.port) for _ in range(20)))
    replies = await asyncio.gather(*(other.request("echo", i) for i, other in enumerate(others)))
    equal([reply for reply, _ in replies], [[b"%d" % i] for i in range(20)])
    for other in others:
        other.close()
    await asyncio.gather(*(other.wait_closed() for other in others))


@check("restart")
async def _(client):
    await client.request("set-sensor", "test.int", 77)
    with Informs(client, "disconnect") as informs:
        equal(await client.request("restart"), ([], []))
        assert (await informs.next())[0], "no reason"
    await client.wait_disconnected()
    await client.wait_connected()
    # it is a new device
    equal(await client.sensor_value("test.int"), 0)


@check("halt")
async def _(client):
    slow = asyncio.create_task(client.request("sleep", 100))
    await asyncio.sleep(0)
    with Informs(client, "disconnect") as informs:
        equal(await client.request("halt"), ([], []))
        assert (await informs.next())[0], "no reason"
    try:
        await slow
    except FailReply as error:
        assert str(error), "no text"
    else:
        raise AssertionError("the request in progress did not fail")
    await client.wait_disconnected()


async def main():
    given = checks.arguments()
    client = Client(given.host, given.port)
    await asyncio.wait_for(client.wait_connected(), PATIENCE)
    for name, function in CHECKS.items():
        try:
            await asyncio.wait_for(function(client), PATIENCE)
        except Exception as error:
            checks.report(name, error)
        else:
            checks.report(name)
    client.close()
    await client.wait_closed()


if __name__ == "__main__":
    logging.getLogger("aiokatcp").setLevel(logging.CRITICAL)
    asyncio.run(main())
