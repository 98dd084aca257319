"""What hostile programs begin with."""

# What a program needs to make a system call, and to try many things: a success is printed.
CALLS = """
import ctypes, os, platform
libc = ctypes.CDLL(None, use_errno=True)
column = {"x86_64": 0, "aarch64": 1}[platform.machine()]
def call(x86_64, aarch64, *arguments):
    return libc.syscall((x86_64, aarch64)[column], *arguments)
"""


def attempts(*statements: str) -> str:
    """A program that prints each of the statements that raises nothing."""
    tries = [f"try:\n    {s}\n    print({s!r})\nexcept Exception: pass" for s in statements]
    return "import os, shutil, signal, socket, subprocess\n" + "\n".join(tries)
