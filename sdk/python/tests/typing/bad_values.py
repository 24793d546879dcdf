"""What type checkers refuse in packages. Each line with an error is marked."""

from typing import TypedDict

from lovely_session import Package, Visit


class Address(TypedDict):
    """A TypedDict of an application."""

    city: str


def values(visit: Visit) -> None:
    """Values of other types than those of the package."""
    session = visit.session_or_begin()
    numbers = session.package("cart", int)
    numbers["apple"] = "2"  # error
    numbers[7] = 2  # error
    numbers.update({"apple": "2"})  # error
    numbers.update(apple="2")  # error
    numbers.add("apple", 1.5)  # error
    numbers.set_json("apple", 2)  # error
    name: str = numbers["apple"]  # error
    number: int = numbers.get("apple")  # error
    texts: Package[str] = numbers  # error
    session.package("addresses", Address)["home"] = {"street": "x"}  # error
    visit.session.package("cart")  # error
    print(name, number, texts)
