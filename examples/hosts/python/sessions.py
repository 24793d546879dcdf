"""Sessions in a Python program: the session component in wasmtime, with a store written in Python.

    engine = SessionEngine("lovely-session.wasm")
    sessions = engine.sessions(MemoryStore())
    tx = sessions.begin()
    cart = tx.session("shop", "an id").package("cart")
    cart["apple"] = 2
    tx.commit()

The package `wasmtime` keeps what it converts, and the last exception of a store, in variables of the process, so two
threads that are in it at the same time get each other's. Here one thread at a time is in it, except that a thread
gives way while it waits for its store. This holds for what goes through this module; a program that uses the package
for anything else as well does that in one thread, or in another process.
"""

import json
import threading
from collections import deque
from contextlib import contextmanager
from typing import Any, Callable, Iterator, Optional

from wasmtime import Config, Engine, Store, WasiConfig
from wasmtime.component import Component, Linker, Variant

TRANSACTIONS = "lovely:session/transactions@0.1.0"
SESSIONS = "lovely:session/sessions@0.1.0"
KEY_VALUE = "lovely:session/key-value@0.1.0"

# Held by the thread that is in the package `wasmtime`.
inside_wasmtime = threading.Lock()


@contextmanager
def outside_wasmtime() -> Iterator[None]:
    """Lets other threads into the package while a store works."""
    inside_wasmtime.release()
    try:
        yield
    finally:
        inside_wasmtime.acquire()


class SessionError(Exception):
    """What a call of the component answered; `kind` is the case of `error` in `wit/transactions.wit`."""

    def __init__(self, kind: str, details: Any) -> None:
        super().__init__(kind)
        self.kind = kind
        self.details = details


class SessionEngine:
    """The compiled component. Make one for a process; all threads may share it."""

    def __init__(self, path: str) -> None:
        with inside_wasmtime:
            self._engine = Engine(Config())
            self._component = Component.from_file(self._engine, path)

    def sessions(self, store: Any) -> "Sessions":
        """An instance of the component that keeps its sessions in `store`. Use it from one thread at a time."""

        def get_many(_: Any, keys: list[str], touch: Any) -> Any:
            with outside_wasmtime():
                return store.get_many(keys, touch)

        def write_many(_: Any, writes: list[Any]) -> Any:
            with outside_wasmtime():
                return store.write_many(writes)

        with inside_wasmtime:
            linker = Linker(self._engine)
            linker.add_wasip2()
            with linker.root() as root, root.add_instance(KEY_VALUE) as key_value:
                key_value.add_func("get-many", get_many)
                key_value.add_func("write-many", write_many)
            context = Store(self._engine)
            context.set_wasi(WasiConfig())
            return Sessions(context, linker.instantiate(context, self._component))


class Sessions:
    """An instance of the component."""

    def __init__(self, context: Store, instance: Any) -> None:
        self._context = context
        self._instance = instance
        self._functions: dict[tuple[str, str], Callable[..., Any]] = {}
        self._unused: deque[Any] = deque()

    def begin(self) -> "Transaction":
        """Begins a serializable transaction."""
        return Transaction(self, self.call(TRANSACTIONS, "[constructor]transaction", None))

    def call(self, interface: str, name: str, *arguments: Any) -> Any:
        """Calls a function of the component."""
        with inside_wasmtime:
            while self._unused:
                self._unused.popleft().drop(self._context)
            function = self._function(interface, name)
            result = function(self._context, *arguments)
            function.post_return(self._context)
        if isinstance(result, Variant):
            raise SessionError(result.tag, getattr(result, "payload", None))
        return result

    def give_back(self, resource: Any) -> None:
        """Gives a resource of the component back to it, at the next call."""
        self._unused.append(resource)

    def _function(self, interface: str, name: str) -> Any:
        function = self._functions.get((interface, name))
        if function is None:
            place = self._instance.get_export_index(self._context, interface)
            place = self._instance.get_export_index(self._context, name, place)
            function = self._functions[interface, name] = self._instance.get_func(self._context, place)
        return function


class Handle:
    """A resource of the component, given back when Python is done with it."""

    def __init__(self, sessions: Sessions, resource: Any) -> None:
        self._sessions = sessions
        self._resource = resource

    def __del__(self) -> None:
        # Python runs this in any thread, and in the middle of anything: also while the component runs.
        self._sessions.give_back(self._resource)


class Transaction(Handle):
    """A unit of work over sessions. One that is not committed is aborted when Python is done with it."""

    def session(self, container: str, session: str) -> "Session":
        """The session with this id, which joins the transaction."""
        call = self._sessions.call
        opened = Handle(self._sessions, call(SESSIONS, "[static]container.open", container, None))
        name = "[method]container.session"
        return Session(self._sessions, call(SESSIONS, name, opened._resource, self._resource, session))

    def savepoint(self) -> "Savepoint":
        """A point to return to."""
        found = self._sessions.call(TRANSACTIONS, "[method]transaction.savepoint", self._resource)
        return Savepoint(self._sessions, found)

    def commit(self) -> None:
        """Writes every changed session. Raises `SessionError`; of kind `conflict` when others came first."""
        self._sessions.call(TRANSACTIONS, "[method]transaction.commit", self._resource)

    def abort(self) -> None:
        """Drops every change."""
        self._sessions.call(TRANSACTIONS, "[method]transaction.abort", self._resource)


class Savepoint(Handle):
    """A point in a transaction."""

    def rollback(self) -> None:
        """Returns to it."""
        self._sessions.call(TRANSACTIONS, "[method]savepoint.rollback", self._resource)


class Session(Handle):
    """One session in one transaction."""

    def package(self, name: str) -> "Package":
        """The part of the session that is called so; empty if there is none."""
        return Package(self._sessions, self._sessions.call(SESSIONS, "[method]session.package", self._resource, name))

    def packages(self) -> list[str]:
        """The names of the packages that hold anything."""
        return self._sessions.call(SESSIONS, "[method]session.packages", self._resource)


class Package(Handle):
    """Keys with values: anything that JSON can say."""

    def get(self, key: str, default: Any = None) -> Any:
        """The value under a key."""
        text: Optional[str] = self._sessions.call(SESSIONS, "[method]package.get", self._resource, key)
        return default if text is None else json.loads(text)

    def __setitem__(self, key: str, value: Any) -> None:
        self._sessions.call(SESSIONS, "[method]package.set", self._resource, key, json.dumps(value))

    def entries(self) -> dict[str, Any]:
        """All keys with their values."""
        found = self._sessions.call(SESSIONS, "[method]package.entries", self._resource)
        return {key: json.loads(text) for key, text in found}
