"""A script: run two programs after this process was refused a system call, and print what is said.

Arguments: the name of the call or "nothing", and the least mode to accept.
"""

import ctypes
import errno
import logging
import platform
import struct
import sys

from slmmux.errors import InputError
from slmmux.sandbox import Limits, accept_mode, run_python, seccomp

# Numbers on x86_64 and aarch64. Docker's profile refuses to make namespaces; Ubuntu 24.04 lets an ordinary user
# make them and refuses what is to be done in them.
NUMBERS = {"unshare": (272, 97), "mount": (165, 40), "prctl": (157, 167)}


def refuse(name: str) -> None:
    """Let this process and its children be refused a system call."""
    refused, allowed = (seccomp.RETURN, 0, 0, seccomp.REFUSE | errno.EPERM), (seccomp.RETURN, 0, 0, seccomp.ALLOW)
    number = NUMBERS[name][platform.machine() != "x86_64"]
    steps = [(seccomp.LOAD, 0, 0, 0), (seccomp.EQUAL, 1, 0, number), allowed]
    if name == "prctl":
        # Of its many uses, setting a filter.
        steps += [(seccomp.LOAD, 0, 0, 16), (seccomp.EQUAL, 1, 0, 22), allowed]
    steps.append(refused)
    rules = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0
    assert libc.prctl(22, 2, struct.pack("HxxxxxxP", len(steps), ctypes.addressof(rules)), 0, 0) == 0


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
    call, mode = sys.argv[1:]
    if call != "nothing":
        refuse(call)
    accept_mode(mode)
    try:
        for _ in range(2):
            print(run_python("print(1)", Limits()).output, end="", flush=True)
    except InputError as error:
        print("InputError", error)
