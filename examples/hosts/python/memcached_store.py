"""A store on one memcached server, over its meta protocol (`doc/protocol.txt` of memcached, from 1.6)."""

import socket
import time
from typing import Any, BinaryIO, Optional

from memory_store import entry
from wasmtime.component import Record, Variant

# memcached takes a lifetime of more seconds for a point in time.
LONGEST_RELATIVE = 30 * 24 * 60 * 60
# What an item takes beside its key and its value, at most.
ITEM_OVERHEAD = 100


class MemcachedStore:
    """Talks to memcached on one connection, which is made when it is needed. Use it from one thread."""

    def __init__(self, host: str, port: int, timeout: float = 1.0) -> None:
        self._address = (host, port)
        self._timeout = timeout
        self._connection: Optional[Connection] = None

    def get_many(self, keys: list[str], touch: Optional[Variant]) -> Any:
        """`get-many` of `wit/key-value.wit`."""
        slide = "" if touch is None else f" T{date(touch.payload)}"
        try:
            connection = self._connected()
            connection.send([f"mg {key} v c t{slide}" for key in keys], [])
            return [connection.read_entry() for _ in keys]
        except OSError as error:
            self._give_up()
            return Variant("unavailable", str(error))

    def write_many(self, writes: list[Record]) -> Any:
        """`write-many` of `wit/key-value.wit`."""
        try:
            connection = self._connected()
        except OSError as error:
            self._give_up()
            return Variant("unavailable", str(error))
        fits = [connection.fits(write) for write in writes]
        if not all(fits):
            return [Variant("skipped") if fit else Variant("too-large", connection.limit) for fit in fits]
        try:
            commands = [connection.command(write) for write in writes]
        except NotImplementedError as error:
            return Variant("unsupported", str(error))
        outcomes: list[Variant] = []
        try:
            connection.send(commands, [value_of(write) for write in writes])
            for write, command in zip(writes, commands):
                outcomes.append(connection.read_outcome(write, command))
        except OSError:
            # What was sent may have been done.
            self._give_up()
            outcomes += [Variant("unknown")] * (len(writes) - len(outcomes))
        return outcomes

    def _connected(self) -> "Connection":
        if self._connection is None:
            self._connection = Connection(self._address, self._timeout)
        return self._connection

    def _give_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Connection:
    """A connection to one process of memcached.

    memcached counts versions from 1 in each process, so a version names its process as well: one from before a
    restart matches nothing.
    """

    def __init__(self, address: tuple[str, int], timeout: float) -> None:
        self._socket = socket.create_connection(address, timeout)
        self._input: BinaryIO = self._socket.makefile("rb")
        self._socket.sendall(b"stats\r\nstats settings\r\n")
        process, settings = self._read_stats(), self._read_stats()
        if settings.get("cas_enabled") == "no":
            raise OSError("memcached was started without compare-and-swap (-C); start it without this option")
        self._process = f"{process['pid']}.{int(process['time']) - int(process['uptime'])}."
        self.limit = int(settings["item_size_max"])

    def close(self) -> None:
        """Ends it."""
        self._input.close()
        self._socket.close()

    def fits(self, write: Record) -> bool:
        """Whether memcached takes the value."""
        return len(write.key) + len(value_of(write) or b"") + ITEM_OVERHEAD <= self.limit

    def command(self, write: Record) -> str:
        """The command for a write."""
        condition = ""
        if write.expects.tag == "version":
            process, _, version = write.expects.payload.decode().rpartition(".")
            if process + "." != self._process:
                # Of another process: nothing can match, and all there is to tell is whether there is anything.
                return f"mg {write.key}"
            condition = f" C{version}"
        match (write.change.tag, write.expects.tag):
            case ("put", expects):
                put = write.change.payload
                condition = " ME" if expects == "absent" else condition
                return f"ms {write.key} {len(put.value)} c T{date(put.lifetime)}{condition}"
            case ("delete", "version" | "anything"):
                return f"md {write.key}{condition}"
            case ("touch", "anything"):
                return f"mg {write.key} c T{date(write.change.payload)}"
            case (change, expects):
                raise NotImplementedError(f"memcached cannot {change} what is expected to be {expects}")

    def send(self, commands: list[str], values: list[Optional[bytes]]) -> None:
        """Sends commands, each with its value, in one go."""
        data = bytearray()
        for number, command in enumerate(commands):
            data += command.encode() + b"\r\n"
            value = values[number] if number < len(values) else None
            if value is not None and command.startswith("ms "):
                data += value + b"\r\n"
        self._socket.sendall(data)

    def read_entry(self) -> Optional[Record]:
        """The answer to a read."""
        code, *words = self._read_line()
        if code == "EN":
            return None
        if code != "VA":
            raise OSError(f"memcached answered {code}")
        flags = {word[0]: word[1:] for word in words[1:]}
        value = self._read_exactly(int(words[0]) + 2)[:-2]
        left = int(flags["t"])
        return entry(value, self._version(flags["c"]), None if left < 0 else left)

    def read_outcome(self, write: Record, command: str) -> Variant:
        """The answer to a write."""
        code, *words = self._read_line()
        if command == f"mg {write.key}":
            return Variant("missing" if code == "EN" else "stale")
        match code:
            case "HD":
                flags = {word[0]: word[1:] for word in words}
                return Variant("applied", self._version(flags["c"]) if "c" in flags else b"")
            case "NS" | "EX":
                return Variant("stale")
            case "NF" | "EN":
                return Variant("missing")
        raise OSError(f"memcached answered {code}")

    def _version(self, number: str) -> bytes:
        return (self._process + number).encode()

    def _read_stats(self) -> dict[str, str]:
        found = {}
        while (words := self._read_line())[0] == "STAT":
            found[words[1]] = words[2]
        return found

    def _read_line(self) -> list[str]:
        line = self._input.readline()
        if not line.endswith(b"\r\n"):
            raise OSError("memcached closed the connection")
        return line.decode().split()

    def _read_exactly(self, length: int) -> bytes:
        data = self._input.read(length)
        if len(data) < length:
            raise OSError("memcached closed the connection")
        return data


def value_of(write: Record) -> Optional[bytes]:
    """What a write puts, if it puts anything."""
    return write.change.payload.value if write.change.tag == "put" else None


def date(lifetime: Optional[int]) -> int:
    """A lifetime as memcached wants it."""
    if lifetime is None:
        return 0
    return lifetime if lifetime <= LONGEST_RELATIVE else int(time.time()) + lifetime
