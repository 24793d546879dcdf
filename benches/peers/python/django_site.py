"""A cart in a session of Django, as a WSGI application with sessions on $MEMCACHED.

It takes the requests of `examples/cart` that benches/report/load/site.rs sends. `GET /about` tells what this is.
"""

import json
import os

import django_settings

django_settings.configure(
    os.environ["MEMCACHED"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
    ROOT_URLCONF=__name__,
)

from django.core.wsgi import get_wsgi_application  # noqa: E402: needs the settings
from django.http import HttpResponse, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402

from peer import named  # noqa: E402


def shown(items):
    return JsonResponse({"items": items, "count": sum(items.values())})


def show(request):
    return shown(request.session.get("cart", {}))


def add(request):
    fields = json.loads(request.body)
    items = request.session.get("cart", {})
    items[fields["sku"]] = items.get(fields["sku"], 0) + fields["qty"]
    request.session["cart"] = items
    return shown(items)


def about(request):
    return HttpResponse(named([*django_settings.PACKAGES, "gunicorn"]))


urlpatterns = [path("cart", show), path("cart/items", add), path("about", about)]
application = get_wsgi_application()
