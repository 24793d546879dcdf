"""A TCP connection on which a call of any number of reads and writes ends by one deadline."""

import os
import selectors
import socket
import time

# No line of memcached is nearly as long.
MAX_LINE = 8192
READ_SIZE = 64 * 1024


class Deadline:
    """The end of the time that a call may take."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """The seconds that are left. Raises `TimeoutError` when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the server did not reply in time")
        return left


class DeadlineSocket:
    """A connection. A timeout of the socket itself would begin again with each piece that a slow server sends."""

    def __init__(self, host: str, port: int, deadline: Deadline) -> None:
        self._deadline = deadline
        self._unsent = memoryview(b"")
        self._received = bytearray()
        self._process = os.getpid()
        self._socket = connect(host, port, deadline)
        try:
            self._selector = selectors.DefaultSelector()
            self._selector.register(self._socket, selectors.EVENT_READ)
        except BaseException:
            self._socket.close()
            raise

    def close(self) -> None:
        """Closes it. After a fork, the other process keeps its connection."""
        self._selector.close()
        self._socket.close()

    def is_idle(self) -> bool:
        """Whether it is open and in step: nothing is to be sent, and nothing came that was not asked for."""
        if self._process != os.getpid() or self._unsent or self._received:
            return False
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def begin(self, data: bytes, deadline: Deadline) -> None:
        """Begins to send. The rest is sent while replies are read: a server that cannot send its replies may stop to
        receive."""
        self._deadline = deadline
        self._unsent = memoryview(data)
        self._send()

    def read_line(self) -> bytes:
        """Reads up to the next CRLF, and returns what is before it."""
        while (end := self._received.find(b"\r\n", 0, MAX_LINE)) < 0:
            if len(self._received) >= MAX_LINE:
                raise ConnectionError("the server sent a line that is too long")
            self._wait()
        return self._take(end + 2)[:-2]

    def read_exactly(self, length: int) -> bytes:
        """Reads this number of bytes."""
        while len(self._received) < length:
            self._wait()
        return self._take(length)

    def _take(self, length: int) -> bytes:
        taken = bytes(self._received[:length])
        del self._received[:length]
        return taken

    def _wait(self) -> None:
        """Waits until something can be sent or received, and does that."""
        writing = selectors.EVENT_WRITE if self._unsent else 0
        self._selector.modify(self._socket, selectors.EVENT_READ | writing)
        for _, ready in self._selector.select(self._deadline.left()):
            if ready & selectors.EVENT_WRITE:
                self._send()
            if ready & selectors.EVENT_READ:
                self._receive()

    def _send(self) -> None:
        try:
            self._unsent = self._unsent[self._socket.send(self._unsent) :]
        except BlockingIOError:
            pass

    def _receive(self) -> None:
        try:
            data = self._socket.recv(READ_SIZE)
        except BlockingIOError:
            return
        if not data:
            raise ConnectionError("the server closed the connection")
        self._received += data


def connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    """Connects to the first address of the host that accepts. The time to look up the name is that of the system."""
    problem = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        made = socket.socket(family, kind, protocol)
        try:
            made.settimeout(deadline.left())
            made.connect(address)
            made.setblocking(False)
            return made
        except OSError as error:
            made.close()
            problem = error
        except BaseException:
            made.close()
            raise
    raise problem
