"""A counter in a session of Django, as a WSGI application with sessions on $MEMCACHED.

`POST /` adds one, and either way the answer is how many there are. `GET /about` tells what this is.
"""

import os

import django_settings

django_settings.configure(
    os.environ["MEMCACHED"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
    ROOT_URLCONF=__name__,
)

from django.core.wsgi import get_wsgi_application  # noqa: E402: needs the settings
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402

from peer import TEXT, named  # noqa: E402


def visit(request):
    session = request.session
    if "count" not in session:
        session.update({"count": 0, "text": TEXT})
    if request.method == "POST":
        session["count"] += 1
    return HttpResponse(str(session["count"]))


def about(request):
    return HttpResponse(named([*django_settings.PACKAGES, "gunicorn"]))


urlpatterns = [path("", visit), path("about", about)]
application = get_wsgi_application()
