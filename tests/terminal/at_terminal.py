"""Runs a command at a terminal of its own, and types what it is told to.

The argument is JSON: `command`, `width`, and `steps`, each with the text to wait for, what to type then, and whether the
terminal must not show what is typed. Prints JSON: `status` and `output`.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time

WAIT_SECONDS = 60

task = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    # Before the command starts, so that it finds the size that it is to have.
    size = struct.pack("HHHH", 24, task["width"], 0, 0)
    fcntl.ioctl(0, termios.TIOCSWINSZ, size)
    os.execvp(task["command"][0], task["command"])

output = b""
deadline = time.monotonic() + WAIT_SECONDS


def read():
    """Reads what there is; returns whether more may come."""
    global output
    if not select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
        sys.exit(f"nothing came: {output!r}")
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        return False
    output += piece
    return piece != b""


for step in task["steps"]:
    while step["text"].encode() not in output:
        if not read():
            sys.exit(f"it ended: {output!r}")
    while step["hidden"] and termios.tcgetattr(terminal)[3] & termios.ECHO:
        if time.monotonic() > deadline:
            sys.exit("the terminal shows what is typed")
    os.write(terminal, step["type"].encode())
while read():
    pass
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(json.dumps({"status": status, "output": output.decode()}))
