"""The texts for those who use the package: each public item has one, and the examples can run."""

import doctest
import inspect
import unittest
from collections.abc import Iterator

import lovely_session
import lovely_session.wsgi
from lovely_session import Cookie, http

MODULES = (lovely_session, http, lovely_session.wsgi)


def public_items() -> Iterator[tuple[str, object]]:
    """Returns the public functions, classes and methods, with their names."""
    for module in MODULES:
        for name in getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]:
            item = getattr(module, name)
            if not (inspect.isclass(item) or inspect.isfunction(item)) or "lovely_session" not in item.__module__:
                continue
            yield name, item
            if inspect.isclass(item):
                for member, value in vars(item).items():
                    if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
                        yield f"{name}.{member}", value


class TextsTest(unittest.TestCase):
    def test_each_public_item_has_a_text(self) -> None:
        self.assertEqual([name for name, item in public_items() if not inspect.getdoc(item)], [])

    def test_the_examples_in_texts_are_python(self) -> None:
        texts = [inspect.getdoc(item) or "" for _, item in public_items()]
        for text in [*texts, *(module.__doc__ or "" for module in MODULES)]:
            for example in doctest.DocTestParser().get_examples(text):
                compile(example.source, text, "exec")

    def test_the_example_of_a_cookie_is_true(self) -> None:
        example = doctest.DocTestFinder().find(Cookie, globs={"Cookie": Cookie})[0]
        self.assertEqual(doctest.DocTestRunner().run(example), (0, 1))
