"""Leaves a menu of nconfig at once, as a user would: nconfig.py CMD..."""

import fcntl
import os
import pty
import struct
import sys
import termios

child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])

heard = b""
while True:
    try:
        more = os.read(terminal, 4096)
    except OSError:  # EIO: the other side has gone
        more = b""
    if not more:
        break
    heard += more
    if b"F9" in heard:
        heard = b""
        os.write(terminal, b"\x1b[20~")
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
if status != 0:
    sys.exit(f"it ended with status {status}: {heard!r}")
