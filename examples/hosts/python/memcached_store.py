"""A store on one memcached server."""

import os
import threading
from contextlib import contextmanager
from typing import Any, Iterator, Optional

from deadline_socket import Deadline
from memcached_connection import Denied, InvalidKey, MemcachedConnection, Unsupported, check_keys
from wasmtime.component import Record, Variant

# What a call can fail with when the server is away, is no memcached, or sends what cannot be read.
FAILURES = (OSError, ValueError, LookupError, Denied, InvalidKey, Unsupported)


class MemcachedStore:
    """Talks to memcached on one connection, which is made when it is needed.

    A call ends within `timeout` seconds (except that the system decides how long it looks up a name). Threads may
    share a store; they use its connection one after the other, so give each thread a store of its own where they
    should not wait for each other. After a fork, the new process makes a connection of its own.
    """

    def __init__(self, host: str, port: int, timeout: float = 1.0) -> None:
        self._address = (host, port)
        self._timeout = timeout
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._idle: Optional[MemcachedConnection] = None

    def get_many(self, keys: list[str], touch: Optional[Variant]) -> Any:
        """`get-many` of `wit/key-value.wit`."""
        deadline = Deadline(self._timeout)
        try:
            check_keys(keys)
            with self._connection(deadline) as connection:
                return connection.get_many(keys, touch, deadline)
        except FAILURES as error:
            return failure(error)

    def write_many(self, writes: list[Record]) -> Any:
        """`write-many` of `wit/key-value.wit`."""
        deadline = Deadline(self._timeout)
        outcomes: Optional[list[Variant]] = None
        try:
            check_keys([write.key for write in writes])
            with self._connection(deadline) as connection:
                fits = [connection.fits(write) for write in writes]
                if not all(fits):
                    return [Variant("skipped") if fit else Variant("too-large", connection.limit) for fit in fits]
                commands = [connection.command(write) for write in writes]
                outcomes = []
                connection.send(commands, deadline)
                for write in writes:
                    outcomes.append(connection.read_outcome(write))
        except FAILURES as error:
            if outcomes is None:
                return failure(error)
            # What was sent may have been done.
            outcomes += [Variant("unknown")] * (len(writes) - len(outcomes))
        return outcomes

    def close(self) -> None:
        """Closes the connection, if there is one. The next call makes another one."""
        connection, self._idle = self._idle, None
        if connection is not None:
            connection.close()

    @contextmanager
    def _connection(self, deadline: Deadline) -> Iterator[MemcachedConnection]:
        """Lends the connection. It is closed when anything is raised meanwhile, also an interrupt: the next call would
        read the replies to this one."""
        if self._process != os.getpid():
            self._begin()
        lock = self._lock
        if not lock.acquire(timeout=deadline.left()):
            raise TimeoutError("other threads use this store")
        try:
            connection = self._take(deadline)
            try:
                yield connection
            except Unsupported:
                # Found before anything was sent.
                self._idle = connection
                raise
            except BaseException:
                connection.close()
                raise
            self._idle = connection
        finally:
            lock.release()

    def _take(self, deadline: Deadline) -> MemcachedConnection:
        connection, self._idle = self._idle, None
        if connection is not None:
            if connection.is_idle():
                return connection
            connection.close()
        return MemcachedConnection(*self._address, deadline)


def failure(error: Exception) -> Variant:
    """The case of `error` in `wit/key-value.wit`."""
    match error:
        case Unsupported():
            return Variant("unsupported", str(error))
        case Denied():
            return Variant("denied", str(error))
        case InvalidKey():
            return Variant("other", str(error))
    return Variant("unavailable", str(error))


def server_address(text: str) -> tuple[str, int]:
    """Reads `HOST:PORT`. A host that is an address of IPv6 has brackets around it."""
    host, _, port = text.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)
