#!/usr/bin/env python3
"""Codec bench of the Python peers: codec_bench.py IMPL DIR SECS [CORPUS ...]

IMPL: katcp-codec  the Rust parser and Message.__bytes__, as Python sees them
      aiokatcp     the same plus aiokatcp's own core.Message, as its connection does
      katcp-python MessageParser().parse(line) and bytes(Message)

Prints one JSON object per corpus and operation. Each operation is repeated for
SECS seconds (at least 3 times); the median repetition counts. The parse gets the
bytes in chunks of 64 KiB, as from a socket (katcp-python: line by line, as its
server gets them), and makes every argument; what a chunk gave is dropped before the
next one, as a connection does. The round trip is checked once, outside
the clock.
"""
import hashlib
import json
import os
import sys
import time


def chunks(data, size=65536):
    return [data[i:i + size] for i in range(0, len(data), size)]


def make(impl):
    if impl == "katcp-codec":
        import katcp_codec

        def parse(parts, _lines, take):
            p = katcp_codec.Parser(16 << 20)
            for c in parts:
                take(p.append(c))

        def ser(msgs):
            return [bytes(m) for m in msgs]

    elif impl == "aiokatcp":
        import katcp_codec
        from aiokatcp import core

        def parse(parts, _lines, take):
            p = katcp_codec.Parser(16 << 20)
            for c in parts:
                out = []
                for raw in p.append(c):
                    m = core.Message(raw.mtype, raw.name.decode("ascii"), mid=raw.mid)
                    m.arguments = raw.arguments
                    out.append(m)
                take(out)

        def ser(msgs):
            return [bytes(m) for m in msgs]

    elif impl == "katcp-python":
        from katcp import MessageParser

        def parse(_parts, lines, take):
            f = MessageParser().parse
            for i in range(0, len(lines), 1000):
                take([f(line) for line in lines[i:i + 1000]])

        def ser(msgs):
            return [bytes(m) + b"\n" for m in msgs]

    else:
        raise SystemExit("unknown implementation " + impl)
    return parse, ser


def timed(f, secs):
    runs = []
    end = time.perf_counter() + secs
    while len(runs) < 3 or time.perf_counter() < end:
        t = time.perf_counter()
        f()
        runs.append(time.perf_counter() - t)
    runs.sort()
    return runs[len(runs) // 2]


def main():
    impl, d, secs = sys.argv[1], sys.argv[2], float(sys.argv[3])
    parse, ser = make(impl)
    with open(os.path.join(d, "manifest.json")) as f:
        man = json.load(f)
    for name in sys.argv[4:] or list(man):
        with open(os.path.join(d, name + ".katcp"), "rb") as f:
            data = f.read()
        parts, lines = chunks(data), data.split(b"\n")[:-1]
        msgs = []
        parse(parts, lines, msgs.extend)
        same = hashlib.sha256(b"".join(ser(msgs))).hexdigest() == man[name]["sha256"]
        n = man[name]["messages"]
        ok = len(msgs) == n and same
        for op, fn in (("parse", lambda: parse(parts, lines, len)), ("format", lambda: ser(msgs))):
            t = timed(fn, secs)
            print(json.dumps({"impl": impl, "corpus": name, "op": op, "msgs_s": n / t, "mb_s": len(data) / t / 1e6,
                              "ok": ok}), flush=True)


if __name__ == "__main__":
    main()
