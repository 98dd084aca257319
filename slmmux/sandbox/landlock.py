"""Landlock, by which a process without privileges gives up reading: for the weak mode, where the kernel has it.

Who has given up anything by Landlock can't look into processes that have not, their memory and environments included.
Runs in the process `jail.py` and imports the standard library alone.
"""

import os
import struct
from collections.abc import Iterable

from slmmux.sandbox.namespaces import call, libc

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION, PATH_BENEATH = 1, 1
EXECUTE, READ_FILE, READ_DIRECTORY = 1, 4, 8


def has_landlock() -> bool:
    """Whether the kernel has it, and permits this process to use it."""
    return libc.syscall(CREATE_RULESET, None, 0, VERSION) > 0


def read_only_in(paths: Iterable[str]) -> None:
    """Give up opening files and listing folders, but for these paths and what is in them. Raises OSError."""
    rights = struct.pack("=Q", EXECUTE | READ_FILE | READ_DIRECTORY)
    ruleset = libc.syscall(CREATE_RULESET, rights, len(rights), 0)
    call(min(ruleset, 0), "making rules of what may be read")
    for path in paths:
        try:
            handle = os.open(path, os.O_PATH)
        except PermissionError:
            continue  # in a closed folder: this user reads nothing there anyway
        allowed = READ_FILE | READ_DIRECTORY if os.path.isdir(path) else READ_FILE
        call(libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, struct.pack("=Qi", allowed, handle), 0), f"showing {path}")
        os.close(handle)
    call(libc.syscall(RESTRICT_SELF, ruleset, 0), "giving up what may not be read")
    os.close(ruleset)
