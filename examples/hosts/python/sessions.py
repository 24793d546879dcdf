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

A process that forks makes its engine after the fork. A program whose signal handlers raise, as that for Ctrl-C does,
and that goes on afterwards, uses sessions outside of its main thread: a signal can interrupt the package itself.
"""

import json
import os
import threading
from collections import deque
from contextlib import contextmanager
from itertools import count
from typing import Any, Callable, Iterator, Optional

from wasmtime import Config, Engine, Store, WasiConfig
from wasmtime.component import Component, Linker, ResourceAny, Variant

TRANSACTIONS = "lovely:session/transactions@0.1.0"
SESSIONS = "lovely:session/sessions@0.1.0"
KEY_VALUE = "lovely:session/key-value@0.1.0"

# The most bytes of memory that an instance gets. It needs about 1 MiB, and what its sessions need.
MEMORY_BYTES = 64 * 1024 * 1024

# Stands for options that are absent.
DEFAULTS = object()

# Held by the thread that is in the package `wasmtime`. Reentrant, because such a lock knows its thread, and no other
# thread can release it.
inside_wasmtime = threading.RLock()


@contextmanager
def outside_wasmtime() -> Iterator[None]:
    """Lets other threads into the package while a store works."""
    inside_wasmtime.release()
    try:
        yield
    finally:
        enter_again()


def enter_again() -> None:
    """Waits for the lock, also when that is interrupted: the way out leads through the package."""
    interrupt: Optional[BaseException] = None
    while True:
        try:
            inside_wasmtime.acquire()
            break
        except BaseException as error:
            interrupt = error
    if interrupt is not None:
        raise interrupt


def shielded(
    work: Callable[[], Any], failed: Callable[[BaseException], Any], raised: deque[BaseException]
) -> Any:
    """Does the work of a store. What it raises must not reach the package `wasmtime`: an exception would make the
    instance unusable, and after an interrupt the component would read a result that nobody wrote."""
    try:
        with outside_wasmtime():
            return work()
    except BaseException as error:
        if not isinstance(error, Exception):
            raised.append(error)
        return failed(error)


class SessionError(Exception):
    """What a call of the component answered; `kind` is the case of `error` in `wit/transactions.wit`."""

    def __init__(self, kind: str, details: Any) -> None:
        super().__init__(kind)
        self.kind = kind
        self.details = details


class UnusableInstance(Exception):
    """An instance cannot be called, now or ever again; the text says why."""


class SessionEngine:
    """The compiled component. Make one for a process; all threads may share it."""

    def __init__(self, path: str) -> None:
        self._process = os.getpid()
        with inside_wasmtime:
            self._engine = Engine(Config())
            self._component = Component.from_file(self._engine, path)

    def sessions(self, store: Any) -> "Sessions":
        """An instance of the component that keeps its sessions in `store`. Use it from one thread at a time."""
        if self._process != os.getpid():
            raise UnusableInstance("the engine is that of the process before the fork; make one after the fork")

        raised: deque[BaseException] = deque()

        def get_many(_: Any, keys: list[str], touch: Any) -> Any:
            return shielded(lambda: store.get_many(keys, touch), lambda error: Variant("other", repr(error)), raised)

        def write_many(_: Any, writes: list[Any]) -> Any:
            # Nobody knows what a store did before it raised.
            return shielded(lambda: store.write_many(writes), lambda _: [Variant("unknown") for _ in writes], raised)

        with inside_wasmtime:
            linker = Linker(self._engine)
            linker.add_wasip2()
            with linker.root() as root, root.add_instance(KEY_VALUE) as key_value:
                key_value.add_func("get-many", get_many)
                key_value.add_func("write-many", write_many)
            context = Store(self._engine)
            context.set_wasi(WasiConfig())
            context.set_limits(memory_size=MEMORY_BYTES)
            return Sessions(context, linker.instantiate(context, self._component), raised)


class Sessions:
    """An instance of the component. Use it from one thread at a time: a call fails with `UnusableInstance` while
    another one is under way, and once the component trapped. Then make another instance."""

    def __init__(self, context: Store, instance: Any, raised: deque[BaseException]) -> None:
        self._context = context
        self._instance = instance
        self._functions: dict[tuple[str, str], Callable[..., Any]] = {}
        self._resources: dict[int, ResourceAny] = {}
        self._numbers = count()
        self._unused: deque[int] = deque()
        # What interrupted the store during a call, to be raised after it.
        self._raised = raised
        self._in_use = threading.Lock()
        self._process = os.getpid()
        self._broken = ""

    def begin(self) -> "Transaction":
        """Begins a serializable transaction."""
        return Transaction(self, self.call(TRANSACTIONS, "[constructor]transaction", DEFAULTS))

    def call(self, interface: str, name: str, *arguments: Any) -> Any:
        """Calls a function of the component."""
        values = [checked(argument) for argument in arguments]
        with self._exclusive(), inside_wasmtime:
            while self._unused:
                self._resources.pop(self._unused.popleft()).drop(self._context)
            function = self._function(interface, name)
            result = function(self._context, *values)
            function.post_return(self._context)
        if self._raised:
            raise self._raised.popleft()
        if isinstance(result, Variant):
            raise SessionError(result.tag, getattr(result, "payload", None))
        return result

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Keeps the instance from being entered twice: nothing below would."""
        if self._process != os.getpid():
            raise UnusableInstance("this instance is that of the process before the fork")
        if not self._in_use.acquire(blocking=False):
            raise UnusableInstance("this instance is in another call; use it from one thread at a time")
        try:
            if self._broken:
                raise UnusableInstance(f"this instance is unusable since {self._broken}; make another one")
            try:
                yield
            except BaseException as error:
                self._broken = repr(error)
                raise
        finally:
            self._in_use.release()

    def keep(self, resource: ResourceAny) -> int:
        """Keeps a resource of the component, and returns its number. Kept in a handle, it would be closed before the
        handle can give it back when both are garbage of one cycle, as after an exception."""
        number = next(self._numbers)
        self._resources[number] = resource
        return number

    def resource(self, number: int) -> ResourceAny:
        """The resource of this number."""
        return self._resources[number]

    def give_back(self, number: int) -> None:
        """Gives a resource back to the component, at the next call."""
        self._unused.append(number)

    def _function(self, interface: str, name: str) -> Any:
        function = self._functions.get((interface, name))
        if function is None:
            place = self._instance.get_export_index(self._context, interface)
            place = self._instance.get_export_index(self._context, name, place)
            function = self._functions[interface, name] = self._instance.get_func(self._context, place)
        return function


def checked(argument: Any) -> Any:
    """An argument as the package takes it. What it would refuse is refused here, before the instance is entered."""
    if argument is DEFAULTS:
        return None
    if isinstance(argument, str):
        argument.encode()
    elif not isinstance(argument, ResourceAny):
        raise TypeError(f"{argument!r} is not a string")
    return argument


class Handle:
    """A resource of the component, given back when Python is done with it. It keeps what it came from: a transaction
    that is given back is aborted."""

    def __init__(self, sessions: Sessions, resource: Any, source: Optional["Handle"] = None) -> None:
        self._sessions = sessions
        self._number = sessions.keep(resource)
        self._source = source

    @property
    def _resource(self) -> ResourceAny:
        return self._sessions.resource(self._number)

    def __del__(self) -> None:
        # Python runs this in any thread, and in the middle of anything: also while the component runs.
        self._sessions.give_back(self._number)


class Transaction(Handle):
    """A unit of work over sessions. One that is not committed is aborted when Python is done with it."""

    def session(self, container: str, session: str) -> "Session":
        """The session with this id, which begins if there is none. Only for ids that the program trusts."""
        return Session(self._sessions, self._call_container(container, "session", session), self)

    def resume(self, container: str, session: str) -> Optional["Session"]:
        """The session with this id, if there is one. For ids that come from a client."""
        found = self._call_container(container, "resume", session)
        return None if found is None else Session(self._sessions, found, self)

    def create(self, container: str) -> "Session":
        """A new session under a random id."""
        return Session(self._sessions, self._call_container(container, "create"), self)

    def _call_container(self, container: str, method: str, *arguments: Any) -> Any:
        call = self._sessions.call
        opened = Handle(self._sessions, call(SESSIONS, "[static]container.open", container, DEFAULTS))
        return call(SESSIONS, f"[method]container.{method}", opened._resource, self._resource, *arguments)

    def savepoint(self) -> "Savepoint":
        """A point to return to."""
        found = self._sessions.call(TRANSACTIONS, "[method]transaction.savepoint", self._resource)
        return Savepoint(self._sessions, found, self)

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

    @property
    def id(self) -> str:
        """The id, which is a secret between the program and the client."""
        return self._sessions.call(SESSIONS, "[method]session.id", self._resource)

    def package(self, name: str) -> "Package":
        """The part of the session that is called so; empty if there is none."""
        found = self._sessions.call(SESSIONS, "[method]session.package", self._resource, name)
        return Package(self._sessions, found, self)

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
