#!/usr/bin/env python3
"""katcp-python as a client of a board: katcp_board.py PORT PID PART READS BLOCKS BYTES

The calls are those of casperfpga's transport: CallbackClient with its own thread and blocking_request. Same scenarios and
output as programs/casper.ts. `list` sends all requests at once by callback_request, which casperfpga does not do.
"""
import json
import os
import socket
import sys
import threading
import time

from katcp import CallbackClient, Message

PID = int(sys.argv[2])


def cpu_of_board():
    with open("/proc/%d/stat" % PID) as stat:
        fields = stat.read().split(") ")[1].split(" ")
    return (int(fields[11]) + int(fields[12])) / 100.0


def took(scenario, n, act):
    served = cpu_of_board()
    used = time.process_time()
    since = time.perf_counter()
    act()
    secs = time.perf_counter() - since
    print(json.dumps({"scenario": scenario, "n": n, "secs": secs, "cpu": time.process_time() - used,
                      "board": cpu_of_board() - served}), flush=True)


class Board(CallbackClient):
    def __init__(self, port):
        super(Board, self).__init__("127.0.0.1", port, timeout=60)
        self.states = []
        self.programmed = threading.Event()

    def unhandled_inform(self, msg):
        if msg.name == "fpga":
            self.states.append(msg.arguments[0])
            if self.states[-2:] == [b"mapped", b"ready"]:
                self.programmed.set()

    def must(self, name, *arguments):
        reply, _ = self.blocking_request(Message.request(name, *arguments), timeout=60)
        assert reply.reply_ok(), str(reply)
        return reply.arguments[1:]

    def loop(self, count):
        for _ in range(count):
            int(self.must("wordread", "gain", "0", "1")[0], 16)

    def list(self, count):
        words = []
        done = threading.Event()

        def on_reply(reply):
            words.append(int(reply.arguments[1], 16))
            if len(words) == count:
                done.set()

        for _ in range(count):
            self.callback_request(Message.request("wordread", "gain", "0", "1"), reply_cb=on_reply, timeout=60)
        assert done.wait(60), "%d of %d replies" % (len(words), count)

    def blocks(self, count):
        for _ in range(count):
            assert len(self.must("read", "spectrum", "0", "1048576")[0]) == 1048576

    def upload(self, port, design):
        self.programmed.clear()
        self.must("progremote", str(port))
        with socket.create_connection(("127.0.0.1", port), 5) as sending:
            sending.sendall(design)
        assert self.programmed.wait(60), self.states


if __name__ == "__main__":
    port, part = int(sys.argv[1]), sys.argv[3]
    reads, blocks, size = [int(word) for word in sys.argv[4:7]]
    board = Board(port)
    board.daemon = True
    board.start(timeout=5)
    assert board.wait_protocol(10), "the protocol did not become known"
    if part == "latency":
        took("first", reads, lambda: board.loop(reads))
        took("later", reads, lambda: board.loop(reads))
    else:
        took("list first", reads, lambda: board.list(reads))
        took("list later", reads, lambda: board.list(reads))
        took("apart", reads, lambda: board.loop(reads))
        # a reply of a MiB of zeros, which are escaped, is longer than this client takes
        board.must("write", "spectrum", "0", b"x" * 1048576)
        board.blocks(1)
        took("blocks", blocks, lambda: board.blocks(blocks))
        header = b"#!/bin/kcpfpg\n?uploadbin\n?register\tgain\t0x8\t0x4\n?register\tspectrum\t0x100000\t0x200000\n?quit\n"
        design = header + b"\0" * size
        took("upload", 1, lambda: board.upload(port + 1, design))
    sys.stdout.flush()
    os._exit(0)
