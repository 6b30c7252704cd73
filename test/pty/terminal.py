"""Runs a program in a pseudo-terminal of 100 columns: python terminal.py PROGRAM ARG...; what it says and hears are pipes.

A line in the file that KATCP_TERMINAL names is done when SIGUSR1 comes: `size COLUMNS ROWS`, or `signal NUMBER` for the program.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios

pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])


def resize(columns, rows):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def ordered(*_):
    with open(os.environ["KATCP_TERMINAL"]) as orders:
        order, *numbers = orders.read().split()
    if order == "size":
        resize(*map(int, numbers))
    else:
        os.kill(pid, int(numbers[0]))


signal.signal(signal.SIGUSR1, ordered)
resize(100, 30)
listening = [terminal, 0]
while True:
    ready, _, _ = select.select(listening, [], [])
    if terminal in ready:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            data = b""
        if not data:
            break
        os.write(1, data)
    if 0 in ready:
        data = os.read(0, 65536)
        if data:
            os.write(terminal, data)
        else:
            listening.remove(0)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
