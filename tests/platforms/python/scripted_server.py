"""A server on which each connection does what a test says."""

import socket
import threading
from typing import Callable

GREETING = (
    b"STAT pid 7\r\nSTAT uptime 10\r\nSTAT time 1010\r\nEND\r\n"
    b"STAT item_size_max 1048576\r\nSTAT cas_enabled yes\r\nEND\r\n"
)

Script = Callable[[socket.socket], None]


class ScriptedServer:
    """Accepts one connection for each script, in order, and then no more."""

    def __init__(self, *scripts: Script, family: int = socket.AF_INET) -> None:
        host = "127.0.0.1" if family == socket.AF_INET else "::1"
        self._listener = socket.create_server((host, 0), family=family)
        self.address = self._listener.getsockname()[:2]
        self.connections = 0
        threading.Thread(target=self._run, args=[scripts], daemon=True).start()

    def _run(self, scripts: tuple[Script, ...]) -> None:
        for script in scripts:
            connection, _ = self._listener.accept()
            self.connections += 1
            threading.Thread(target=serve, args=[script, connection], daemon=True).start()
        self._listener.close()


def serve(script: Script, connection: socket.socket) -> None:
    """Runs a script. The store may close the connection at any time."""
    with connection:
        try:
            script(connection)
        except ConnectionError:
            pass


def greet(connection: socket.socket, greeting: bytes = GREETING) -> None:
    """Replies to what a store asks first."""
    receive(connection, b"stats settings\r\n")
    connection.sendall(greeting)


def receive(connection: socket.socket, end: bytes) -> None:
    """Receives until the last bytes are these."""
    received = b""
    while not received.endswith(end):
        piece = connection.recv(65536)
        if not piece:
            return
        received += piece


def replies(*each: bytes) -> Script:
    """Sends these replies, one after each command, and keeps the connection open."""

    def script(connection: socket.socket) -> None:
        greet(connection)
        for reply in each:
            receive(connection, b"\r\n")
            connection.sendall(reply)
        receive(connection, b"never")

    return script
