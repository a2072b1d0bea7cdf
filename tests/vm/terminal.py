"""Talks to a shell in a guest through a terminal, as a user would: terminal.py CMD..."""

import fcntl
import os
import pty
import re
import signal
import struct
import sys
import termios

heard = b""


def set_size(rows, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def say(text):
    os.write(terminal, text.encode())


def hear(pattern):
    """Reads until the pattern comes; what the terminal echoes of a command must not match it."""
    global heard
    while True:
        found = re.search(pattern.encode(), heard)
        if found:
            heard = heard[found.end():]
            return found.group(0).decode()
        try:
            more = os.read(terminal, 4096)
        except OSError:  # EIO: the other side has gone
            more = b""
        if not more:
            sys.exit(f"the shell ended before it said {pattern!r}; its last words: {heard!r}")
        sys.stdout.buffer.write(more)
        heard += more


child, terminal = pty.fork()
if child == 0:
    # The size is there before the program looks at it.
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 101, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])

hear("# ")
say("tty; stty size; echo is $((40 + 2))\r")
hear("/dev/pts/[0-9]+\r\n33 101\r\nis 42\r\n")
set_size(44, 55)
os.kill(child, signal.SIGWINCH)
# The new size goes its own way into the guest, so it is asked until it is there.
say("until [ \"$(stty size)\" = '44 55' ]; do :; done; echo now $(stty size)\r")
hear("now 44 55\r\n")
# Who says it has the terminal, so that Ctrl-C is for it.
say("sh -c 'echo sle\"\"eps; exec sleep 1000'\r")
hear("sleeps\r\n")
say("\x03")
say("echo al''ive\r")
hear("alive\r\n")
say("exit 7\r")
while True:
    try:
        if not os.read(terminal, 4096):
            break
    except OSError:
        break
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
if status != 7:
    sys.exit(f"the shell's status: expected 7, came {status}")
