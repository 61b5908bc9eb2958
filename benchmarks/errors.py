"""What a user can mend is told in one message, without a traceback."""


class UserError(Exception):
    """Says what came, what was expected, and how to mend it.

    Entry points print the message to stderr and leave with exit code 2.
    """
