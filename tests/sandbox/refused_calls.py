"""A script: run two programs after this process was refused a system call, and print what is said.

Arguments: the names of the calls, joined by commas, or "nothing", and the least mode to accept.
"""

import ctypes
import errno
import logging
import platform
import struct
import sys

from slmmux.errors import InputError
from slmmux.sandbox import Limits, accept_mode, run_python, seccomp

# Numbers on x86_64 and aarch64, and the first argument with which the call is refused: one bit, or a value. Docker's
# profile refuses to make namespaces; Ubuntu 24.04 lets an ordinary user make them and refuses what is to be done in
# them. Of the many uses of prctl, setting a filter is refused.
CALLS = {
    "clone": ((56, 220), seccomp.ANY_BIT, 0x10000000),
    "mount": ((165, 40), seccomp.AT_LEAST, 0),
    "prctl": ((157, 167), seccomp.EQUAL, 22),
    "landlock": ((444, 444), seccomp.AT_LEAST, 0),
}


def refuse(name: str) -> None:
    """Let this process and its children be refused a system call."""
    numbers, test, value = CALLS[name]
    steps = [
        (seccomp.LOAD, 0, 0, 0),
        (seccomp.EQUAL, 0, 3, numbers[platform.machine() != "x86_64"]),
        (seccomp.LOAD, 0, 0, 16),
        (test, 0, 1, value),
        (seccomp.RETURN, 0, 0, seccomp.REFUSE | errno.EPERM),
        (seccomp.RETURN, 0, 0, seccomp.ALLOW),
    ]
    rules = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0
    assert libc.prctl(22, 2, struct.pack("HxxxxxxP", len(steps), ctypes.addressof(rules)), 0, 0) == 0


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
    calls, mode = sys.argv[1:]
    if calls != "nothing":
        for call in calls.split(","):
            refuse(call)
    accept_mode(mode)
    try:
        for _ in range(2):
            print(run_python("print(1)", Limits()).output, end="", flush=True)
    except InputError as error:
        print("InputError", error)
