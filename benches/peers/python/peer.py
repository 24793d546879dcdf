"""What the peers in Python share: the commands, which benches/report/peers/library.rs describes."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

CLIENTS = 64
TEXT = "x" * 900


def serve(packages, begin, visit, read):
    """Takes commands from standard input.

    `begin()` stores a session of 1 KB whose count is 0, and gives what leads to it; `visit(session)` loads it, adds 1
    to the count and stores it; `read(session)` gives the count.
    """
    sessions = [begin() for _ in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as clients:
        commands = {
            "one": lambda time: work(map, visit, sessions[:1], time),
            "many": lambda time: work(clients.map, visit, sessions, time),
            "increments": lambda count: increments(clients, begin, visit, read, count),
        }
        answer("ready " + named(packages))
        for line in sys.stdin:
            command, number = line.split()
            answer(commands[command](int(number)))


def named(packages):
    """The packages with their versions."""
    return ", ".join(f"{package} {version(package)}" for package in packages)


def answer(text):
    print(text, flush=True)


def work(run, visit, sessions, milliseconds):
    """Has a client for each session visit it until the time is over."""
    begun = time.perf_counter()
    end = begun + milliseconds / 1000

    def client(session):
        visits = 0
        while time.perf_counter() < end:
            visit(session)
            visits += 1
        return visits

    visits = sum(run(client, sessions))
    return f"{visits} {(time.perf_counter() - begun) * 1000}"


def increments(clients, begin, visit, read, count):
    session = begin()

    def client(_):
        for _ in range(count // CLIENTS):
            visit(session)

    list(clients.map(client, range(CLIENTS)))
    return read(session)
