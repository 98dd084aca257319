"""The one exception a user is meant to read."""


class InputError(Exception):
    """Something given from outside is wrong: what it is, where it is, and what to do, in one line.

    The command line prints the message alone and exits with status 2.
    """
