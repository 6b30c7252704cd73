"""The checks of katcp-python's clients with a thread of their own: BlockingClient and CallbackClient."""
import queue
import socket
import time

import shim  # noqa: F401

from katcp import BlockingClient, CallbackClient, Message, MessageParser, Sensor
from katcp.client import request_check

import checks
import example
from checks import equal, holds, within
from kp_common import GIVEN, REQUESTS, UNIT, V5, described, when

# How long a reply may take, in seconds.
REPLY = 20


def words(informs):
    return [[arg.decode() for arg in inform.arguments] for inform in informs]


class Collecting(object):
    """Keeps the asynchronous informs, and tells when the connection goes and comes."""

    def collect(self):
        self.informs, self.connections = queue.Queue(), queue.Queue()
        self.auto_reconnect_delay = 0.1
        return self

    def unhandled_inform(self, msg):
        self.informs.put([msg.name] + [arg.decode() for arg in msg.arguments])

    def notify_connected(self, connected):
        self.connections.put(connected)

    def next(self):
        return self.informs.get(timeout=30)


class Blocking(Collecting, BlockingClient):
    pass


def started(client):
    client.setDaemon(True)
    client.start(timeout=30)
    assert client.wait_protocol(5), "the protocol did not become known"
    equal(client.connections.get(timeout=30), True)
    return client


def blocking_client():
    return started(Blocking(GIVEN.host, GIVEN.port, timeout=REPLY).collect())


def call(client, *words):
    """The arguments after ok, and the informs."""
    reply, informs = request_check(client, AssertionError, *words)
    return reply.arguments[1:], informs


def fails(client, *words):
    """The text of the failure."""
    reply, _ = client.blocking_request(Message.request(*words))
    equal(reply.arguments[0], b"fail")
    return reply.arguments[1].decode()


def finish(client):
    client.stop()
    client.join(5)


def protocol(client):
    flags = client.protocol_flags
    equal(flags.major, GIVEN.protocol)
    # by its reply the client has read all that the device says on connecting
    call(client, "watchdog")
    if V5:
        assert flags.multi_client and flags.message_ids and flags.request_timeout_hints, str(flags)
        equal(client.versions["katcp-device"], ("example-api-1.0", "example-implementation-0.1"))
        holds(client.versions, "katcp-library")


def watchdog(client):
    equal(call(client, "watchdog"), ([], []))


def ids(client):
    reply, _ = client.blocking_request(Message.request("watchdog"))
    equal(reply.mid is not None, V5)
    reply, informs = client.blocking_request(Message.request("help", "add"))
    equal({inform.mid for inform in informs}, {reply.mid})


def add(client):
    equal(call(client, "add", 1, 2.5), ([b"3.5"], []))
    equal(call(client, "add", "1", "2"), ([b"3.0"], []))


def clock(client):
    (now,), _ = call(client, "time")
    within(time.time() - float(now) / UNIT, -2, 60)
    assert V5 or now.isdigit(), now
    (inform,) = call(client, "sensor-value", "time.result")[1]
    equal(inform.arguments[3:], [b"nominal", now])


def evaluate(client):
    for expression, result in checks.EXPRESSIONS:
        equal(call(client, "eval", expression)[0], [result])


def pick_fruit(client):
    reply, informs = client.blocking_request(Message.request("pick-fruit"))
    equal(len(informs), 1)
    holds(words(informs)[0][0], "Picking will take")
    if reply.arguments[0] == b"ok":
        holds(example.FRUITS, reply.arguments[1].decode())
    else:
        equal(reply.arguments, [b"fail", b"No fruit."])


def raw_reverse(client):
    reply, _ = client.blocking_request(Message.request("raw-reverse", "x", "", "y z"))
    equal(reply.arguments, [b"y z", b"", b"x"])


def echo(client):
    # every byte that UTF-8 allows
    sent = [chr(code).encode() for code in range(128)] + [
        b"",
        bytes(range(128)),
        "h\u00e9llo w\u00f6rld \u2603 \U0001f600".encode(),
    ]
    equal(call(client, "echo", *sent)[0], sent)


def echo_every_byte(client):
    sent = [bytes(range(256)), b"\xff\xfe"]
    equal(call(client, "echo", *sent)[0], sent)


def echo_long(client):
    sent = bytes(range(128)) * 4096
    equal(call(client, "echo", sent)[0], [sent])


def echo_many_arguments(client):
    sent = [b"%d" % i for i in range(4096)]
    equal(call(client, "echo", *sent)[0], sent)


def unknown_request(client):
    reply, _ = client.blocking_request(Message.request("nosuch", "a"))
    equal(reply.arguments[0], b"invalid")
    assert reply.arguments[1], "no text"


def timeout(client):
    reply, _ = client.blocking_request(Message.request("sleep", 1), timeout=0.1)
    holds(reply.arguments[1].decode(), "timed out")
    # the late reply hurts nobody
    client.blocking_request(Message.request("pick-fruit"))
    equal(call(client, "echo", "a")[0], [b"a"])


def help_list(client):
    (count,), informs = call(client, "help")
    names = [inform[0] for inform in words(informs)]
    equal(int(count), len(names))
    equal(names, sorted(names))
    equal(set(names), REQUESTS)
    assert all(len(inform.arguments) == 2 and inform.arguments[1] for inform in informs)


def version_list(client):
    if V5:
        (count,), informs = call(client, "version-list")
        versions = {inform[0]: inform[1:] for inform in words(informs)}
        equal(int(count), len(informs))
        equal(versions["katcp-device"], ["example-api-1.0", "example-implementation-0.1"])
        holds(versions["katcp-protocol"][0], "5.1-")
    else:
        reply, _ = client.blocking_request(Message.request("version-list"))
        equal(reply.arguments[0], b"invalid")


def client_list(client):
    (count,), informs = call(client, "client-list")
    equal((count, words(informs)), (b"1", [[client.sockname_string]]))


def client_connected(client):
    other = blocking_client()
    name, text = client.next()
    equal(name, "client-connected")
    holds(text, other.sockname_string)
    equal(call(client, "client-list")[0], [b"2"])
    finish(other)


def request_timeout_hint(client):
    if V5:
        (count,), informs = call(client, "request-timeout-hint")
        equal({name: float(seconds) for name, seconds in words(informs)}, {"pick-fruit": 2.0, "sleep": 10.0})
        equal(count, b"2")
        _, informs = call(client, "request-timeout-hint", "watchdog")
        equal([[name, float(seconds)] for name, seconds in words(informs)], [["watchdog", 0.0]])
    else:
        reply, _ = client.blocking_request(Message.request("request-timeout-hint"))
        equal(reply.arguments[0], b"invalid")


def sensor_list(client):
    (count,), informs = call(client, "sensor-list")
    equal(words(informs), [described(name) for name in sorted(checks.SENSORS)])
    equal(int(count), len(informs))
    # the library makes a sensor of each
    for inform in informs:
        kind = Sensor.parse_type(inform.arguments[3].decode())
        Sensor.parse_params(kind, inform.arguments[4:], GIVEN.protocol)
    (count,), informs = call(client, "sensor-list", "/^test.b|lru/")
    equal((count, [inform[0] for inform in words(informs)]), (b"2", ["test.bool", "test.lru"]))
    equal(call(client, "sensor-list", "/zzz/"), ([b"0"], []))


def sensor_value(client):
    (count,), informs = call(client, "sensor-value", "/^test/")
    equal((int(count), len(informs)), (8, 8))
    for since, number, name, status, value in words(informs):
        _, first_status, first_value = checks.SENSORS[name]
        equal((number, status), ("1", first_status))
        if name == "test.timestamp":
            equal(float(value), float(first_value))
        else:
            equal(value, first_value)
        within(time.time() - float(since) / UNIT, -2, 120)


SAMPLES = [
    ("test.int", b"42"),
    ("test.int", b"%d" % 2**70),
    ("test.float", b"1e-07"),
    ("test.float", b"inf"),
    ("test.float", b"0.30000000000000004"),
    ("test.bool", b"1"),
    ("test.string", "a b\t\u2603".encode()),
    ("test.lru", b"error"),
    ("test.timestamp", b"1222180721.66" if V5 else b"1222180721660"),
    ("test.address", b"[::1]:80"),
    ("test.address", b"10.0.0.1"),
    ("test.discrete", b"two"),
]


def set_sensor(client):
    for name, value in SAMPLES:
        call(client, "set-sensor", name, value, "warn", when(1500000000.25))
        (inform,) = call(client, "sensor-value", name)[1]
        since, number, said, status, text = inform.arguments
        equal((float(since) / UNIT, number, said, status), (1500000000.25, b"1", name.encode(), b"warn"))
        if name == "test.timestamp":
            equal(float(text), float(value))
            assert V5 or text.isdigit(), text
        else:
            equal(text, value)


def set_sensor_every_status(client):
    # KATCP 4 knows the first five
    for status in list(Sensor.STATUSES.values())[: None if V5 else 5]:
        call(client, "set-sensor", "test.int", 1, status)
        (inform,) = call(client, "sensor-value", "test.int")[1]
        equal(inform.arguments[3], status.encode())


def log(client):
    equal(call(client, "log-level")[0], [b"warn"])
    equal(call(client, "log-level", "debug")[0], [b"debug"])
    other = blocking_client()
    equal(client.next()[0], "client-connected")
    equal(call(other, "log-level")[0], [b"debug"])
    call(client, "write-log", "trace", "unseen")
    for level in ("debug", "info", "warn", "error", "fatal"):
        call(client, "write-log", level, "the text at " + level)
        # the inform comes before the reply
        equal(client.informs.qsize(), 1)
        for receiver in (client, other):
            name, said, since, logger, text = receiver.next()
            equal((name, said, logger, text), ("log", level, example.LOGGER, "the text at " + level))
            within(time.time() - float(since) / UNIT, -2, 60)
            assert V5 or since.isdigit(), since
    equal(call(client, "log-level", "off")[0], [b"off"])
    call(client, "write-log", "fatal", "unseen")
    equal(call(client, "log-level", "trace")[0], [b"trace"])
    call(client, "write-log", "trace", "the end")
    equal(client.next()[4], "the end")
    finish(other)
    equal(call(client, "log-level", "warn")[0], [b"warn"])


def interface_changed(client):
    def told():
        if V5:
            # the inform comes before the reply
            equal(client.informs.qsize(), 1)
            equal(client.next(), ["interface-changed", "sensor-list"])
        else:
            # KATCP 4 does not know it
            equal(client.informs.qsize(), 0)

    call(client, "add-sensor", "dyn")
    told()
    equal(words(call(client, "sensor-list", "dyn")[1]), [["dyn", "An added sensor.", "", "float"]])
    call(client, "remove-sensor", "dyn")
    told()
    holds(fails(client, "sensor-value", "dyn"), "Unknown sensor")


def restart(client):
    call(client, "set-sensor", "test.int", 77)
    equal(call(client, "restart"), ([], []))
    equal(client.next()[0], "disconnect")
    equal(client.connections.get(timeout=30), False)
    equal(client.connections.get(timeout=30), True)
    assert client.wait_protocol(5), "the protocol did not become known"
    # it is a new device
    equal(call(client, "sensor-value", "test.int")[1][0].arguments[4], b"0")


def halt(client):
    slow = asleep(client)
    equal(call(client, "halt"), ([], []))
    equal(client.next()[0], "disconnect")
    code, text = slow()
    equal(code, b"fail")
    # it is the device's own, not what the client makes up when the connection goes
    assert b"Connection closed" not in text, text
    equal(client.connections.get(timeout=30), False)


def asleep(client):
    """Has the device sleep; what is returned waits for the arguments of the reply."""
    if V5:
        slow = queue.Queue()
        client.callback_request(Message.request("sleep", 100), reply_cb=slow.put)
        return lambda: slow.get(timeout=30).arguments
    # without ids what comes behind it on the same connection would wait
    other = socket.create_connection((GIVEN.host, GIVEN.port), timeout=30)
    lines = other.makefile("rb")
    # both come in one piece: when the first is answered, the second has begun
    other.sendall(b"?watchdog\n?sleep 100\n")

    def reply(name):
        return next(MessageParser().parse(line.rstrip(b"\n")) for line in lines if line.startswith(name)).arguments

    equal(client.next()[0], "client-connected")
    equal(reply(b"!watchdog"), [b"ok"])
    return lambda: reply(b"!sleep")


def failure(request, text):
    def check(client):
        said = fails(client, *request)
        assert said, "no text"
        holds(said, text)
        call(client, "watchdog")

    return check


BLOCKING = {
    "protocol": protocol,
    "watchdog": watchdog,
    "ids": ids,
    "add": add,
    "time": clock,
    "eval": evaluate,
    "pick-fruit": pick_fruit,
    "raw-reverse": raw_reverse,
    "echo": echo,
    "echo-long": echo_long,
    "echo-many-arguments": echo_many_arguments,
    "unknown-request": unknown_request,
    "timeout": timeout,
    "help": help_list,
    "version-list": version_list,
    "client-list": client_list,
    "client-connected": client_connected,
    "request-timeout-hint": request_timeout_hint,
    "sensor-list": sensor_list,
    "sensor-value": sensor_value,
    "set-sensor-every-type": set_sensor,
    "set-sensor-every-status": set_sensor_every_status,
    "log": log,
    "interface-changed": interface_changed,
}
BLOCKING.update({"fails:" + name: failure(*case) for name, case in checks.FAILURES.items()})


class Callback(Collecting, CallbackClient):
    pass


def callback(client):
    """A slow request and another one, by callbacks: the replies come as they are ready, or in order where there are no ids."""
    got = queue.Queue()
    client.callback_request(Message.request("sleep", 0.3), reply_cb=got.put)
    client.callback_request(Message.request("help", "add"), reply_cb=got.put, inform_cb=got.put)
    came = [got.get(timeout=30) for _ in range(3)]
    slow = came.pop(-1 if V5 else 0)
    equal((slow.name, slow.arguments), ("sleep", [b"ok"]))
    inform, reply = came
    equal((inform.mtype, inform.arguments[0]), (Message.INFORM, b"add"))
    equal((reply.name, reply.arguments), ("help", [b"ok", b"1"]))


def attempt(name, function, client):
    try:
        function(client)
    except Exception as error:
        checks.report(name, error)
    else:
        checks.report(name)


def before():
    """What leaves the device as it was, or nearly."""
    client = blocking_client()
    for name, function in BLOCKING.items():
        attempt("blocking:" + name, function, client)
    finish(client)
    # on a connection of its own: a peer that stumbles over a byte does not spoil the other checks
    client = blocking_client()
    attempt("blocking:echo-every-byte", echo_every_byte, client)
    finish(client)
    client = started(Callback(GIVEN.host, GIVEN.port, timeout=REPLY).collect())
    attempt("callback:two-requests", callback, client)
    finish(client)


def after():
    """What ends the device."""
    client = blocking_client()
    attempt("blocking:restart", restart, client)
    attempt("blocking:halt", halt, client)
    finish(client)
