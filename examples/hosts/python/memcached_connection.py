"""The meta protocol of memcached (`doc/protocol.txt` of memcached, from 1.6), as far as a store needs it."""

import re
import time
from typing import Optional

from deadline_socket import Deadline, DeadlineSocket
from memory_store import entry
from wasmtime.component import Record, Variant

# memcached takes a lifetime of more seconds for a point in time, which it keeps in 32 bits.
LONGEST_RELATIVE = 30 * 24 * 60 * 60
LAST_DATE = 2**31 - 1
# What an item takes beside its key and its value, at most.
ITEM_OVERHEAD = 100

KEY = re.compile(r"[!-~]{1,250}")
VERSION = re.compile(rb"(\d+\.\d+\.)(\d{1,20})")


class Unsupported(Exception):
    """The server, or the protocol, does not have what a call requires."""


class Denied(Exception):
    """The server refused access."""


class InvalidKey(Exception):
    """A key would not be read as one by memcached."""


class MemcachedConnection:
    """A connection to one process of memcached.

    memcached counts versions from 1 in each process, so a version names its process as well: one from before a
    restart matches nothing.

    Whatever a method raises, the connection must not be used any more: replies can be on their way.
    """

    def __init__(self, host: str, port: int, deadline: Deadline) -> None:
        self._stream = DeadlineSocket(host, port, deadline)
        try:
            self._stream.begin(b"stats\r\nstats settings\r\n", deadline)
            process, settings = self._read_stats(), self._read_stats()
            self._process = f"{int(process['pid'])}.{int(process['time']) - int(process['uptime'])}."
            self.limit = int(settings["item_size_max"])
            if settings.get("cas_enabled") == "no":
                raise Unsupported("memcached was started without compare-and-swap (-C); start it without this option")
        except BaseException:
            self._stream.close()
            raise

    def close(self) -> None:
        """Closes it."""
        self._stream.close()

    def is_idle(self) -> bool:
        """Whether it can be used for another call."""
        return self._stream.is_idle()

    def fits(self, write: Record) -> bool:
        """Whether memcached takes the value."""
        return len(write.key) + len(value_of(write) or b"") + ITEM_OVERHEAD <= self.limit

    def get_many(self, keys: list[str], touch: Optional[Variant], deadline: Deadline) -> list[Optional[Record]]:
        """Reads entries."""
        slide = "" if touch is None else f" T{date(touch.payload)}"
        commands = "".join(f"mg {key} v c t{slide}\r\n" for key in keys)
        self._stream.begin(commands.encode(), deadline)
        return [self._read_entry() for _ in keys]

    def command(self, write: Record) -> bytes:
        """The command for a write, with its value."""
        if self._is_of_another_process(write.expects):
            # Nothing can match; what is left to find out is whether there is an entry.
            return f"mg {write.key}\r\n".encode()
        condition = ""
        if write.expects.tag == "version":
            condition = f" C{version_number(write.expects.payload)}"
        match (write.change.tag, write.expects.tag):
            case ("put", expects):
                put = write.change.payload
                condition = " ME" if expects == "absent" else condition
                command = f"ms {write.key} {len(put.value)} c T{date(put.lifetime)}{condition}\r\n"
                return command.encode() + put.value + b"\r\n"
            case ("delete", "version" | "anything"):
                return f"md {write.key}{condition}\r\n".encode()
            case ("touch", "anything"):
                return f"mg {write.key} c T{date(write.change.payload)}\r\n".encode()
            case (change, expects):
                raise Unsupported(f"memcached cannot {change} what is expected to be {expects}")

    def send(self, commands: list[bytes], deadline: Deadline) -> None:
        """Begins to send commands. Read an outcome for each."""
        self._stream.begin(b"".join(commands), deadline)

    def read_outcome(self, write: Record) -> Variant:
        """The reply to a write."""
        code, *words = self._read_words()
        if self._is_of_another_process(write.expects) and code in ("EN", "HD"):
            return Variant("missing" if code == "EN" else "stale")
        match code:
            case "HD":
                version = flags_of(words).get("c")
                return Variant("applied", b"" if version is None else self._version(version))
            case "NS" | "EX":
                return Variant("stale")
            case "NF" | "EN":
                return Variant("missing")
        raise unexpected(code, words)

    def _read_entry(self) -> Optional[Record]:
        code, *words = self._read_words()
        if code == "EN":
            return None
        if code != "VA":
            raise unexpected(code, words)
        length, flags = int(words[0]), flags_of(words[1:])
        if not 0 <= length <= self.limit:
            raise ConnectionError(f"memcached sent a value of {length} bytes")
        value, end = self._stream.read_exactly(length), self._stream.read_exactly(2)
        if end != b"\r\n":
            raise ConnectionError("memcached sent a value of another length than it said")
        left = int(flags["t"])
        return entry(value, self._version(flags["c"]), None if left < 0 else left)

    def _is_of_another_process(self, expects: Variant) -> bool:
        if expects.tag != "version":
            return False
        match = VERSION.fullmatch(expects.payload)
        return match is None or match[1].decode() != self._process

    def _version(self, number: str) -> bytes:
        return f"{self._process}{int(number)}".encode()

    def _read_stats(self) -> dict[str, str]:
        found = {}
        while (words := self._read_words())[0] == "STAT":
            found[words[1]] = words[2] if len(words) > 2 else ""
        if words != ["END"]:
            raise unexpected(words[0], words[1:])
        return found

    def _read_words(self) -> list[str]:
        words = self._stream.read_line().decode().split()
        if not words:
            raise ConnectionError("memcached sent an empty line")
        return words


def unexpected(code: str, words: list[str]) -> Exception:
    """What to raise for a reply that is not one of those expected."""
    text = " ".join([code, *words])
    if "unauthenticated" in words:
        return Denied(text)
    return ConnectionError(f"memcached replied {text}")


def check_keys(keys: list[str]) -> None:
    """Raises `InvalidKey` for what would end a command early, or be read as a word of it."""
    for key in keys:
        if not KEY.fullmatch(key):
            raise InvalidKey(f"{key!r} cannot be a key")


def flags_of(words: list[str]) -> dict[str, str]:
    """The flags of a reply: each a letter, with its value behind."""
    return {word[0]: word[1:] for word in words}


def version_number(version: bytes) -> int:
    """memcached's part of a version."""
    return int(version.rpartition(b".")[2])


def value_of(write: Record) -> Optional[bytes]:
    """What a write puts, if it puts anything."""
    return write.change.payload.value if write.change.tag == "put" else None


def date(lifetime: Optional[int]) -> int:
    """A lifetime as memcached wants it."""
    if lifetime is None:
        return 0
    return lifetime if lifetime <= LONGEST_RELATIVE else min(int(time.time()) + lifetime, LAST_DATE)
