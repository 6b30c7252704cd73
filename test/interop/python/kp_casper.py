"""The calls that casperfpga's transport makes of a board, made by katcp-python's CallbackClient: binary-safe or not.

Usage: kp_casper.py HOST PORT. Prints one JSON object a line for each check.
"""
import json
import socket
import struct
import sys
import threading

import shim  # noqa: F401

from katcp import CallbackClient, Message

ALL = bytes(bytearray(range(256)))


class Board(CallbackClient):
    """A client of a board: it is ready when it is connected, since the board says nothing that version 5 would."""

    def __init__(self, host, port):
        super(Board, self).__init__(host, port, timeout=20)
        self.states = []
        self.ready = threading.Event()

    def unhandled_inform(self, msg):
        if msg.name == "fpga":
            self.states.append(msg.arguments[0].decode())
            if self.states[-2:] == ["mapped", "ready"]:
                self.ready.set()

    def ask(self, name, *arguments):
        reply, informs = self.blocking_request(Message.request(name, *arguments), timeout=20)
        return reply, informs

    def must(self, name, *arguments):
        reply, informs = self.ask(name, *arguments)
        assert reply.reply_ok(), str(reply)
        return reply.arguments[1:], informs


def connected(host, port):
    board = Board(host, port)
    board.setDaemon(True)
    board.start(timeout=30)
    assert board.wait_protocol(5), "the protocol did not become known"
    return board


def say(check, ok, detail=""):
    print(json.dumps({"check": check, "ok": bool(ok), "detail": str(detail)}))
    sys.stdout.flush()


def upload(board, host, port, design):
    board.ready.clear()
    board.must("progremote", str(port))
    sending = socket.create_connection((host, port), 5)
    sending.sendall(design)
    sending.close()
    return board.ready.wait(20)


def design_of(size):
    header = b"#!/bin/kcpfpg\n?uploadbin\n?register\tgain\t0x8\t0x4\n?register\tspectrum\t0x100000\t0x200000\n?quit\n"
    return header + b"\0" * size


def checks(board, host, port):
    say("upload", upload(board, host, port + 1, design_of(100000)), board.states)
    _, informs = board.must("listdev", "size")
    listed = [[argument.decode() for argument in inform.arguments] for inform in informs]
    say("listdev", listed == [["gain", "4:0"], ["spectrum", "2097152:0"]], listed)
    board.must("write", "spectrum", "3", ALL)
    got, _ = board.must("read", "spectrum", "3", "256")
    say("read-and-write", got == [ALL], got)
    board.must("wordwrite", "gain", "0", "0xdeadbeef")
    words, _ = board.must("wordread", "gain", "0", "1")
    say("wordread-and-wordwrite", words == [b"0xdeadbeef"], words)
    got, _ = board.must("read", "gain", "0", "4")
    say("big-endian", struct.unpack(">I", got[0])[0] == 0xDEADBEEF, got)
    reply, _ = board.ask("fpgastatus")
    say("status", reply.reply_ok() and board.states[-1] == "ready", board.states)
    reply, _ = board.ask("read", "nosuch", "0", "4")
    say("unknown-register", not reply.reply_ok() and reply.arguments == [b"fail"], reply)
    board.must("progdev")
    say("deprogram", board.states[-2:] == ["loaded", "down"], board.states)


if __name__ == "__main__":
    host, port = sys.argv[1], int(sys.argv[2])
    board = connected(host, port)
    checks(board, host, port)
    board.stop(timeout=30)
