"""The store on memcached, against servers that do not behave, and against a real one."""

import os
import socket
import threading
import time
import unittest
from typing import Any
from unittest.mock import patch

from memcached_store import MemcachedStore, server_address
from scripted_server import GREETING, ScriptedServer, greet, receive, replies
from wasmtime.component import Record, Variant

TIMEOUT = 0.5


def put(key: str, value: bytes, expects: Any = None) -> Record:
    put_, write = Record(), Record()
    put_.value, put_.lifetime = value, 100
    write.key, write.expects = key, expects or Variant("anything")
    write.change = Variant("put", put_)
    return write


def tags(outcomes: Any) -> list[str]:
    return [outcome.tag for outcome in outcomes]


def store_on(server: ScriptedServer) -> MemcachedStore:
    return MemcachedStore(*server.address, timeout=TIMEOUT)


class Timeouts(unittest.TestCase):
    def ends_in_time(self, script: Any) -> None:
        begun = time.monotonic()
        found = store_on(ScriptedServer(script)).get_many(["key"], None)
        self.assertEqual(found.tag, "unavailable")
        self.assertLess(time.monotonic() - begun, 2 * TIMEOUT)

    def test_a_server_that_never_replies(self) -> None:
        self.ends_in_time(lambda connection: receive(connection, b"never"))

    def test_a_server_that_sends_a_byte_now_and_then(self) -> None:
        def drip(connection: socket.socket) -> None:
            greet(connection)
            for _ in range(20):
                time.sleep(TIMEOUT / 3)
                connection.sendall(b"V")

        self.ends_in_time(drip)

    def test_a_line_without_an_end(self) -> None:
        def flood(connection: socket.socket) -> None:
            for _ in range(100):
                connection.sendall(b"x" * 1000)
            receive(connection, b"never")

        self.ends_in_time(flood)


class Steps(unittest.TestCase):
    """A connection that is out of step would give a visitor the session of another one."""

    def next_call_is_in_step(self, reply: bytes, first: str) -> None:
        server = ScriptedServer(replies(reply), replies(b"EN\r\n"))
        store = store_on(server)
        found = store.get_many(["one"], None)
        self.assertEqual(found.tag if isinstance(found, Variant) else found, first or [None])
        time.sleep(0.05)
        self.assertEqual(store.get_many(["two"], None), [None])
        self.assertEqual(server.connections, 2)

    def test_after_more_replies_than_commands(self) -> None:
        self.next_call_is_in_step(b"EN\r\nVA 5 c9 t-1\r\nother\r\n", "")

    def test_after_replies_that_cannot_be_read(self) -> None:
        for reply in [b"VA x\r\n", b"VA 1 c9\r\nx\r\n", b"\r\n", b"\xff\r\n", b"VA 1 c t-1\r\nx\r\n",
                      b"VA 1 c9 t-1\r\nxyz\r\n", b"VA -5 c9 t-1\r\n", b"VA 99999999999 c9 t-1\r\n",
                      b"SERVER_ERROR out of memory\r\n"]:
            with self.subTest(reply=reply):
                self.next_call_is_in_step(reply, "unavailable")

    def test_after_an_interrupt(self) -> None:
        server = ScriptedServer(replies(b"VA 5 c9 t-1\r\nother\r\n"), replies(b"EN\r\n"))
        store = store_on(server)
        with patch("memcached_connection.entry", side_effect=KeyboardInterrupt), self.assertRaises(KeyboardInterrupt):
            store.get_many(["one"], None)
        self.assertEqual(store.get_many(["two"], None), [None])
        self.assertEqual(server.connections, 2)

    def test_after_the_server_closed_an_idle_connection(self) -> None:
        def close_after_one(connection: socket.socket) -> None:
            greet(connection)
            receive(connection, b"\r\n")
            connection.sendall(b"EN\r\n")
            connection.close()

        store = store_on(ScriptedServer(close_after_one, replies(b"HD c5\r\n")))
        self.assertEqual(store.get_many(["one"], None), [None])
        time.sleep(0.05)
        self.assertEqual(tags(store.write_many([put("one", b"1")])), ["applied"])

    def test_a_write_whose_reply_is_lost_may_have_been_done(self) -> None:
        def close_in_between(connection: socket.socket) -> None:
            greet(connection)
            receive(connection, b"2\r\n")
            connection.sendall(b"HD c5\r\n")
            connection.close()

        store = store_on(ScriptedServer(close_in_between))
        outcomes = store.write_many([put("one", b"1"), put("two", b"2")])
        self.assertEqual(tags(outcomes), ["applied", "unknown"])

    def test_threads_that_share_a_store_get_their_own_replies(self) -> None:
        store = MemcachedStore(*server_address(os.environ["MEMCACHED"]), timeout=20)
        failures: list[Any] = []

        def use(number: int) -> None:
            for turn in range(50):
                key, value = f"thread-{number}-{turn}", f"{number}-{turn}".encode()
                store.write_many([put(key, value)])
                found = store.get_many([key], None)[0].value
                if found != value:
                    failures.append((value, found))

        threads = [threading.Thread(target=use, args=[number]) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])


class Refusals(unittest.TestCase):
    def tag_after_greeting(self, greeting: bytes) -> str:
        def script(connection: socket.socket) -> None:
            greet(connection, greeting)
            receive(connection, b"never")

        found = store_on(ScriptedServer(script)).write_many([put("key", b"value")])
        return found.tag

    def test_a_server_without_compare_and_swap_is_unsupported(self) -> None:
        self.assertEqual(self.tag_after_greeting(GREETING.replace(b"yes", b"no")), "unsupported")

    def test_a_server_with_authentication_denies_access(self) -> None:
        self.assertEqual(self.tag_after_greeting(b"CLIENT_ERROR unauthenticated\r\n" * 2), "denied")

    def test_what_is_not_memcached_is_unavailable(self) -> None:
        for greeting in [b"ERROR\r\nERROR\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"END\r\nEND\r\n"]:
            self.assertEqual(self.tag_after_greeting(greeting), "unavailable")

    def test_a_key_cannot_end_a_command(self) -> None:
        store = store_on(ScriptedServer(replies(b"EN\r\n")))
        for key in ["a\r\nflush_all", "a b", "", "x" * 251, "ü"]:
            self.assertEqual(store.get_many([key], None).tag, "other")
            self.assertEqual(store.write_many([put(key, b"")]).tag, "other")

    def test_a_version_cannot_bring_words_along(self) -> None:
        for version in [b"7.1000.5 I", b"7.1000.", b"\xff", b"", b"6.1000.5"]:
            store = store_on(ScriptedServer(replies(b"HD\r\n")))
            outcomes = store.write_many([put("key", b"value", Variant("version", version))])
            self.assertEqual(tags(outcomes), ["stale"], version)


class Real(unittest.TestCase):
    def setUp(self) -> None:
        self.store = MemcachedStore(*server_address(os.environ["MEMCACHED"]), timeout=20)

    def test_values_with_line_ends(self) -> None:
        value = b"a\r\nEN\r\nVA 1\r\n"
        self.assertEqual(tags(self.store.write_many([put("lines", value)])), ["applied"])
        self.assertEqual(self.store.get_many(["lines"], None)[0].value, value)

    def test_more_replies_than_fit_the_buffers_while_commands_are_sent(self) -> None:
        self.store.write_many([put("large", b"x" * 100_000)])
        found = self.store.get_many(["large", "z" * 250] * 2000, None)
        self.assertEqual(sum(entry is not None for entry in found), 2000)

    def test_a_fork_takes_no_connection_along(self) -> None:
        self.store.write_many([put("parent", b"parent"), put("child", b"child")])
        child = os.fork()
        if child == 0:
            found = [self.store.get_many(["child"], None)[0].value for _ in range(100)]
            os._exit(0 if set(found) == {b"child"} else 1)
        found = [self.store.get_many(["parent"], None)[0].value for _ in range(100)]
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertEqual(set(found), {b"parent"})


class Addresses(unittest.TestCase):
    def test_addresses_of_ipv6_have_brackets(self) -> None:
        self.assertEqual(server_address("[::1]:11211"), ("::1", 11211))
        self.assertEqual(server_address("memcached.internal:11211"), ("memcached.internal", 11211))

    @unittest.skipUnless(socket.has_ipv6 and os.path.exists("/proc/net/if_inet6"), "this machine has no IPv6")
    def test_a_server_on_ipv6(self) -> None:
        server = ScriptedServer(replies(b"EN\r\n"), family=socket.AF_INET6)
        self.assertEqual(store_on(server).get_many(["key"], None), [None])
