"""Answers that are no."""

from wit_world.imports import transactions
from wit_world.imports.transactions import (
    Error_Conflict,
    Error_Damaged,
    Error_Denied,
    Error_Ended,
    Error_Gone,
    Error_OutcomeUnknown,
    Error_TooLarge,
    Error_Unavailable,
    Error_UnknownFormat,
    Error_Unsupported,
)


class Refusal(Exception):
    """Why a request was not done. The message is for a person, and never repeats what the client sent."""

    def __init__(self, status: int, message: str, allow: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        # The methods to use instead, which a 405 must name.
        self.allow = allow


def refusal_for(error: transactions.Error) -> Refusal:
    """What a client is told when the session component fails."""
    match error:
        case Error_Conflict() | Error_Gone() | Error_Ended():
            return Refusal(503, "too many requests changed this cart at the same time; try again")
        case Error_Unavailable():
            return Refusal(503, "the cart cannot be reached now; try again later")
        case Error_OutcomeUnknown():
            return Refusal(503, "it is not known whether this was done; look at the cart, then decide")
        case Error_TooLarge():
            return Refusal(413, "the cart is full; remove something first")
        case Error_Damaged():
            return Refusal(500, "the stored cart is damaged; tell the people of this site")
        case Error_UnknownFormat():
            return Refusal(500, "the cart was stored by a newer version of this site")
        case Error_Unsupported():
            return Refusal(500, "the store of this site cannot keep sessions")
        case Error_Denied():
            return Refusal(500, "the store of this site refused access")
        case _:
            return Refusal(500, "something is wrong with this site")
