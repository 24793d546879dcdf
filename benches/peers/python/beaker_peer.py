"""Beaker's sessions on its memcached backend."""

import sys
import tempfile

from beaker.session import Session

from peer import TEXT, serve

LOCKS = tempfile.TemporaryDirectory()


def session(id=None):
    return Session(
        {},
        id=id,
        use_cookies=False,
        type="ext:memcached",
        url=sys.argv[1],
        memcache_module="memcache",
        lock_dir=LOCKS.name,
    )


def begin():
    begun = session()
    begun["count"] = 0
    begun["text"] = TEXT
    begun.save()
    return begun.id


def visit(id):
    visited = session(id)
    visited["count"] += 1
    visited.save()


def read(id):
    return session(id)["count"]


serve(["Beaker", "python-memcached"], begin, visit, read)
