"""Whole numbers of the command line: what counts something or names a place."""

from collections.abc import Callable

from slmmux.errors import InputError
from slmmux.settings import LARGEST


def whole_number(option: str, highest: int = LARGEST) -> Callable[[str], int]:
    """What argparse takes as the type of `option`. It raises InputError on anything but a number from 0 to highest."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = -1
        if not 0 <= number <= highest:
            raise InputError(f"{option} {text[:40]}: expected a whole number from 0 to {highest}")
        return number

    return read
