"""Django's sessions in its cache, on its pymemcache backend, as the programs here use them."""

import django
from django.conf import settings

PACKAGES = ["Django", "pymemcache"]


def configure(memcached, **others):
    settings.configure(
        CACHES={
            "default": {
                "BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache",
                "LOCATION": memcached,
            }
        },
        SECRET_KEY="a secret that is known to nobody else",
        SESSION_ENGINE="django.contrib.sessions.backends.cache",
        **others,
    )
    django.setup()
