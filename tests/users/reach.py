# The ways into another's process, file or slot that have no program of their own; a way that is barred is an exception.
import ctypes
import fcntl
import os
import signal
import socket
import sys

libc = ctypes.CDLL(None, use_errno=True)


def call(number):
    if number < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return number


def connect(path):
    socket.socket(socket.AF_UNIX).connect(path)


def trace(pid):
    attach = 16
    call(libc.ptrace(attach, int(pid), None, None))


def take_descriptor(pid):
    pidfd_getfd = 438
    call(libc.syscall(pidfd_getfd, os.pidfd_open(int(pid)), 3, 0))


def terminate(pid):
    os.kill(int(pid), signal.SIGKILL)


def unlock(path):
    """Frees another's lock, if that can be, and takes it."""
    lock = open(path)
    fcntl.flock(lock, fcntl.LOCK_UN)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def serve(path):
    """Holds whatever descriptor it is sent."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    os.chmod(path, 0o777)
    server.listen()
    held = []
    while True:
        connection, _ = server.accept()
        held.append(socket.recv_fds(connection, 1, 1))
        print("held", flush=True)


def take(path, service, *program):
    """Locks a file, hands the lock to the service, and becomes the program, which has it still."""
    lock = open(path)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(service)
    socket.send_fds(connection, [b"x"], [lock.fileno()])
    os.set_inheritable(lock.fileno(), True)
    os.execv(program[0], program)


{way.__name__: way for way in (connect, trace, take_descriptor, terminate, unlock, serve, take)}[sys.argv[1]](*sys.argv[2:])
