"""What the client programs share: each finds out things about a device and prints one JSON object for each."""
import argparse
import json
import traceback

import example

STANDARD = {
    "client-list",
    "halt",
    "help",
    "log-level",
    "restart",
    "sensor-list",
    "sensor-sampling",
    "sensor-sampling-clear",
    "sensor-value",
    "watchdog",
}
STANDARD_V5 = STANDARD | {"request-timeout-hint", "version-list"}
OWN = {
    "add",
    "add-sensor",
    "echo",
    "eval",
    "pick-fruit",
    "raise",
    "raw-reverse",
    "remove-sensor",
    "set-sensor",
    "sleep",
    "time",
    "write-log",
}
# Arguments of ?sensor-list and the reading of a device just started.
SENSORS = {
    "add.result": (["Last ?add result.", "", "float", "-10000.0", "10000.0"], "unknown", "0.0"),
    "eval.result": (["Last ?eval result.", "", "string"], "unknown", ""),
    "fruit.result": (["Last ?pick-fruit result.", "", "discrete"] + list(example.FRUITS), "unknown", "apple"),
    "test.address": (["An address.", "", "address"], "nominal", "127.0.0.1:5000"),
    "test.bool": (["A boolean.", "", "boolean"], "nominal", "0"),
    "test.discrete": (["A choice.", "", "discrete", "one", "two", "three"], "nominal", "one"),
    "test.float": (["A float.", "m/s", "float", "-10.0", "10.0"], "nominal", "0.0"),
    "test.int": (["An integer.", "count", "integer", "0", "100"], "nominal", "0"),
    "test.lru": (["An LRU.", "", "lru"], "nominal", "nominal"),
    "test.string": (["A string.", "", "string"], "nominal", ""),
    "test.timestamp": (["A time.", "", "timestamp"], "nominal", "0.0"),
    "time.result": (["Last ?time result.", "", "timestamp"], "unknown", "0.0"),
}
EXPRESSIONS = [("4/2", b"2.0"), ("(1 + 2) * 3 - 4 / 8", b"8.5"), ("-2 * -3", b"6.0"), ("1e3", b"1000.0")]
# Requests, and what their failure must say (empty: anything).
FAILURES = {
    "add-too-few": (["add", "1"], ""),
    "add-too-many": (["add", "1", "2", "3"], ""),
    "add-not-a-number": (["add", "1", "x"], ""),
    "eval-malformed": (["eval", "2 +"], ""),
    "eval-by-zero": (["eval", "1/0"], ""),
    "raise": (["raise", "it went wrong"], "it went wrong"),
    "set-sensor-unknown": (["set-sensor", "nosuch", "1"], ""),
    "set-sensor-bad-value": (["set-sensor", "test.int", "1.5"], ""),
    "set-sensor-bad-status": (["set-sensor", "test.int", "1", "splendid"], ""),
    "remove-sensor-unknown": (["remove-sensor", "nosuch"], ""),
    "add-sensor-bad-name": (["add-sensor", "a b"], ""),
    "write-log-unknown-level": (["write-log", "loud", "text"], ""),
    "write-log-at-off": (["write-log", "off", "text"], ""),
    "write-log-at-all": (["write-log", "all", "text"], ""),
    "log-level-unknown": (["log-level", "loud"], ""),
    "help-unknown": (["help", "nosuch"], "Unknown request"),
    "sensor-list-unknown": (["sensor-list", "nosuch"], "Unknown sensor"),
    "sensor-value-unknown": (["sensor-value", "nosuch"], "Unknown sensor"),
    "sensor-list-bad-pattern": (["sensor-list", "/[/"], ""),
    "watchdog-surplus": (["watchdog", "surplus"], ""),
}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--protocol", type=int, choices=(4, 5), default=5)
    return parser.parse_args()


def report(name, error=None):
    """Prints the outcome of one check."""
    detail = "" if error is None else "".join(traceback.format_exception(type(error), error, error.__traceback__))
    print(json.dumps({"check": name, "ok": error is None, "detail": detail}), flush=True)


def equal(actual, expected):
    assert actual == expected, "%r is not %r" % (actual, expected)


def holds(whole, part):
    assert part in whole, "%r is not in %r" % (part, whole)


def within(actual, low, high):
    assert low <= actual <= high, "%r is not from %r to %r" % (actual, low, high)
