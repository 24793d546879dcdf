"""Django's sessions in its cache, on its pymemcache backend."""

import sys

import django
from django.conf import settings

settings.configure(
    CACHES={
        "default": {
            "BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache",
            "LOCATION": sys.argv[1],
        }
    },
    SECRET_KEY="a secret that is known to nobody else",
)
django.setup()

from django.contrib.sessions.backends.cache import SessionStore  # noqa: E402: needs the settings

from peer import TEXT, serve  # noqa: E402


def begin():
    session = SessionStore()
    session["count"] = 0
    session["text"] = TEXT
    session.save()
    return session.session_key


def visit(key):
    session = SessionStore(key)
    session["count"] += 1
    session.save()


def read(key):
    return SessionStore(key)["count"]


serve(["Django", "pymemcache"], begin, visit, read)
