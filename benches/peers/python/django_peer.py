"""Django's sessions in its cache, on its pymemcache backend."""

import sys

import django_settings

django_settings.configure(sys.argv[1])

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


serve(django_settings.PACKAGES, begin, visit, read)
