"""What goes wrong outside, as one line that a user reads."""

import errno
import os
import re

# Names of an address's parameters whose values are secret, and keys as servers and their clients write them.
_SECRET = r"[\w.-]*(?:pass(?:word|wd)?|pwd|token|secret|key|sig|signature|credential|auth)"
_SECRETS: tuple[tuple[str, str], ...] = (
    # Up to the last @ of the host, or of anything where a colon says that a password follows.
    (r"(?<=://)(?:[^/\s\"'<>]*|[^/\s\"'<>:@]*:[^\s\"'<>]*)@", "***@"),
    # The same without the scheme, as servers repeat it: user:password@host.
    (r"(?<![\w/.:@%])[\w.%+-]+:[^\s/\"'<>@]+@(?=\w)", "***@"),
    (r"(?<=%3A%2F%2F)(?:(?!%2F|%20)[^\s\"'<>/])*%40", "***@"),
    (rf"([?&;]{_SECRET}=)[^&;#\s\"'<>]+", r"\1***"),
    (rf"((?:%3F|%26){_SECRET}%3D)(?:(?!%26|%23)[^\s\"'<>&])+", r"\1***"),
    (r"\b(Bearer|Basic) [\w.~+/=-]{6,}", r"\1 ***"),
    (r"\b(?:sk|hf|ghp|glpat|pypi)[-_][\w-]{8,}", "***"),
)


def without_passwords(text: str) -> str:
    """The text with *** for what is secret in an address: what stands before its @, and the values of parameters that
    are called password, token, key and the like, percent-encoded too; and for keys as servers write them."""
    for pattern, shown in _SECRETS:
        text = re.sub(pattern, shown, text, flags=re.IGNORECASE)
    return text


def printable(text: str) -> str:
    """The text on one line, without passwords; control characters and lone surrogates as escapes: a file must not
    steer a terminal."""
    shown = without_passwords(text)
    return "".join(c if c.isprintable() else " " if c in "\n\t" else ascii(c)[1:-1] for c in shown)


class InputError(Exception):
    """Something given from outside is wrong: what it is, where it is, and what to do, in one printable line.

    The command line prints the message alone and exits with status 2.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


def line_of(error: Exception) -> str | None:
    """One line on an error that comes from outside the program; None for an error of the program itself."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, MemoryError):
        return "out of memory: close other programs, or take fewer questions or samples at a time"
    if isinstance(error, OSError):
        where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        if error.errno == errno.ENOSPC:
            what = "no space left on the device: free some and run the same command again; what was finished is kept"
        elif error.errno == errno.EDQUOT:
            what = (
                "the disk quota is used up: free some space and run the same command again; what was finished is kept"
            )
        elif error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            what = f"{(error.strerror or 'not allowed').lower()}: make it writable, or work in a copy of the repository"
        elif error.errno is not None:
            what = (error.strerror or type(error).__name__).lower()
        else:
            return None
        return printable(where + what)
    return None
