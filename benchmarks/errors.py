"""Mistakes that a user can mend: one message each, without a traceback."""

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """Says what came, what was expected, and how to mend it.

    Entry points print the message to stderr and leave with exit code 2.
    """


def refuse(problems: Iterable[str]) -> None:
    """Raise UserError with all problems, a line each; nothing for none."""
    if text := "\n".join(problems):
        raise UserError(text)


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """The end of a message: the option most like a word; empty: none is."""
    near = get_close_matches(word, list(options), 1, 0.5)
    return f" (did you mean {near[0]}?)" if near else ""
