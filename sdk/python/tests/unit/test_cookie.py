"""The cookie: what is sent, what is found, what is refused."""

import unittest

from lovely_session import Cookie, InvalidCookie

ATTRIBUTES = "HttpOnly; Secure; SameSite=Lax; Path=/"


class Sending(unittest.TestCase):
    def test_every_attribute_is_sent(self) -> None:
        plain = Cookie("sid", over_plain_http=True)
        self.assertEqual(plain.set_cookie("abc"), "sid=abc; HttpOnly; SameSite=Lax; Path=/")
        below = Cookie("sid", without_host_prefix=True, same_site="strict", path="/shop", max_age=3600)
        self.assertEqual(
            below.set_cookie("abc"), "sid=abc; HttpOnly; Secure; SameSite=Strict; Path=/shop; Max-Age=3600"
        )
        framed = Cookie("sid", same_site="none", max_age=60, partitioned=True)
        self.assertEqual(
            framed.set_cookie("abc"),
            "__Host-sid=abc; HttpOnly; Secure; SameSite=None; Path=/; Max-Age=60; Partitioned",
        )

    def test_only_an_argument_that_says_so_takes_the_prefix_or_secure_away(self) -> None:
        self.assertEqual(Cookie("sid").set_cookie("abc"), f"__Host-sid=abc; {ATTRIBUTES}")
        self.assertEqual(Cookie("sid", without_host_prefix=True).set_cookie("abc"), f"sid=abc; {ATTRIBUTES}")
        both = Cookie("sid", over_plain_http=True, without_host_prefix=True)
        self.assertEqual(both.set_cookie("abc"), "sid=abc; HttpOnly; SameSite=Lax; Path=/")

    def test_a_browser_forgets_a_cookie_only_under_the_attributes_it_has(self) -> None:
        cookie = Cookie("sid", max_age=3600)
        self.assertEqual(cookie.remove_cookie(), f"__Host-sid=; {ATTRIBUTES}; Max-Age=0")

    def test_an_id_that_would_not_be_found_again_is_not_sent(self) -> None:
        for session_id in ["", "a b", "a;b", "a; Domain=x", "a\r\nb", "a\n", "ü", "\ud800", "x" * 1025]:
            with self.subTest(session_id), self.assertRaises(InvalidCookie) as caught:
                Cookie("sid").set_cookie(session_id)
            self.assertEqual(caught.exception.problem, "session-id")


class Finding(unittest.TestCase):
    def test_the_id_is_found_among_other_cookies(self) -> None:
        cookie = Cookie("sid")
        self.assertEqual(cookie.id_in("theme=dark;\t__Host-sid=a=b; lang=en"), "a=b")
        self.assertEqual(cookie.id_in(["theme=dark", b"__Host-sid=abc"]), "abc")
        self.assertEqual(cookie.id_in("__Host-sid=; __Host-sid=a b; __Host-sid=abc; __Host-sid=later"), "abc")
        self.assertIsNone(cookie.id_in([]))

    def test_a_cookie_of_another_name_is_not_the_id(self) -> None:
        lookalikes = ["__host-sid", "__Host-sid ", "x__Host-sid", "\u2000__Host-sid", "\x85__Host-sid", "__Secure-sid"]
        for name in ["sid", *lookalikes]:
            self.assertIsNone(Cookie("sid").id_in(f"{name}=planted"), name)
        self.assertIsNone(Cookie("sid").id_in("__Host-sid"))

    def test_what_cannot_be_an_id_is_none(self) -> None:
        for value in ["", "a b", '"abc"', "a,b", "a\\b", "ü", "\ud800", "x" * 1025, "a\x00"]:
            self.assertIsNone(Cookie("sid").id_in(f"__Host-sid={value}"), value)
        self.assertIsNone(Cookie("sid").id_in(b"__Host-sid=\xff"))
        self.assertEqual(Cookie("sid").id_in(b"\xff=1; __Host-sid=abc"), "abc")
        self.assertEqual(Cookie("sid").id_in("__Host-sid=" + "x" * 1024), "x" * 1024)


class Refusing(unittest.TestCase):
    def refused(self, name: str, **attributes: object) -> str:
        with self.assertRaises(InvalidCookie) as caught:
            Cookie(name, **attributes)  # type: ignore[arg-type]
        return caught.exception.problem

    def test_names_that_browsers_do_not_take(self) -> None:
        for name in ["", "a b", "a=b", "a;b", "ü", "a\n", "(sid)"]:
            self.assertEqual(self.refused(name), "name", name)
        for name in ["__Host-sid", "__host-sid", "__Secure-sid", "__Http-sid", "__Host-Http-sid"]:
            self.assertEqual(self.refused(name), "prefix", name)

    def test_paths_that_bring_attributes_along(self) -> None:
        for path in ["", "shop", "/; Domain=example.com", "/\r\n", "/\n", "/ü"]:
            self.assertEqual(self.refused("sid", path=path, over_plain_http=True), "path", path)
        self.assertEqual(self.refused("sid", path="/shop"), "host-prefix-path")

    def test_attributes_that_contradict_each_other(self) -> None:
        self.assertEqual(self.refused("sid", over_plain_http=True, same_site="none"), "same-site-none")
        self.assertEqual(self.refused("sid", over_plain_http=True, partitioned=True), "partitioned")
        self.assertEqual(self.refused("sid", max_age=0), "max-age")
        self.assertEqual(self.refused("sid", max_age=True), "max-age")
        self.assertEqual(self.refused("sid", same_site="Lax"), "same-site")

    def test_the_texts_are_those_of_the_other_languages(self) -> None:
        with self.assertRaisesRegex(InvalidCookie, r'^the cookie name "a b" must consist of letters, digits'):
            Cookie("a b")
        with self.assertRaisesRegex(InvalidCookie, r"^the Max-Age of a cookie must be at least 1$"):
            Cookie("sid", max_age=0)
