"""Goes through what sessions promise, and tells what it saw.

    python story.py lovely-session.wasm                     # sessions in memory
    python story.py lovely-session.wasm 127.0.0.1:11211     # sessions in memcached
"""

import random
import secrets
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

from memcached_store import MemcachedStore, server_address
from memory_store import MemoryStore
from sessions import SessionEngine, SessionError

WRITERS = 8
INCREMENTS = 25
INFO = {"info": "stored in memcache"}


def main(component: str, server: str = "") -> None:
    engine = SessionEngine(component)
    shared = MemoryStore()

    def store() -> Any:
        return MemcachedStore(*server_address(server)) if server else shared

    session = secrets.token_hex(8)
    story(engine, store, session)
    total = increments(engine, store, session)
    print(f"{WRITERS} writers with {INCREMENTS} increments each: {total}")
    if total != WRITERS * INCREMENTS:
        sys.exit("an increment is lost")


def story(engine: SessionEngine, store: Callable[[], Any], session: str) -> None:
    """What the Python package `lovely.session` tells about its sessions."""
    tx = engine.sessions(store()).begin()
    data = tx.session("MemCacheSession", session).package("myData")
    expect("a new session is empty", data.entries(), {})
    data["info"] = "stored in memcache"
    expect("it shows what was written", data.entries(), INFO)
    tx.commit()

    tx = engine.sessions(store()).begin()
    data = tx.session("MemCacheSession", session).package("myData")
    expect("another instance reads what was committed", data.entries(), INFO)
    data["info"] = "we want to keep this"
    savepoint = tx.savepoint()
    data["info"] = "this is temporary"
    expect("it shows what was written after a savepoint", data.get("info"), "this is temporary")
    savepoint.rollback()
    expect("a rollback returns to the savepoint", data.get("info"), "we want to keep this")
    tx.commit()

    tx = engine.sessions(store()).begin()
    data = tx.session("MemCacheSession", session).package("myData")
    expect("what the savepoint kept is stored", data.get("info"), "we want to keep this")
    tx.abort()
    expect("a finished transaction refuses work", error_of(lambda: data.get("info")), "finished")


def increments(engine: SessionEngine, store: Callable[[], Any], session: str) -> int:
    """Several writers count up one key at the same time, each in a thread with an instance of its own."""

    def write() -> None:
        sessions = engine.sessions(store())
        for _ in range(INCREMENTS):
            limit = 0.0
            while error_of(lambda: count_up(sessions, session)) == "conflict":
                # At random, and longer each time, so that writers do not meet again.
                time.sleep(random.uniform(0, limit))
                limit = min(max(0.002, 2 * limit), 0.25)

    with ThreadPoolExecutor(WRITERS) as threads:
        for writer in [threads.submit(write) for _ in range(WRITERS)]:
            writer.result()
    tx = engine.sessions(store()).begin()
    return tx.session("MemCacheSession", session).package("counts").get("visits", 0)


def count_up(sessions: Any, session: str) -> None:
    tx = sessions.begin()
    counts = tx.session("MemCacheSession", session).package("counts")
    counts["visits"] = counts.get("visits", 0) + 1
    tx.commit()


def error_of(work: Callable[[], Any]) -> str:
    """The kind of error that work ends in; empty if in none."""
    try:
        work()
        return ""
    except SessionError as error:
        return error.kind


def expect(what: str, found: Any, expected: Any) -> None:
    if found != expected:
        sys.exit(f"{what}: found {found!r}, expected {expected!r}")
    print(what)


if __name__ == "__main__":
    main(*sys.argv[1:])
