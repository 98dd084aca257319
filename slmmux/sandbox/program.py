"""One program, from the moment its process exists: it gives up every privilege, is bounded, and runs.

Runs in the process `jail.py` and imports the standard library alone.
"""

import ctypes
import os
import random
import resource
import signal
import sys
import threading
import types

from slmmux.sandbox.landlock import has_landlock, read_only_in
from slmmux.sandbox.namespaces import NOBODY, call, libc

# How a program ended.
FINISHED, FAILED = 0, 1
PARENT_DEATH, DUMPABLE, NO_NEW_PRIVILEGES, SET_SECCOMP, FILTER = 1, 4, 38, 22, 2
OPEN_FILES, STACK_BYTES = 64, 8 << 20


class FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def program(settings: dict, source: bytes, folder: str, streams: list[int], report: int) -> int:
    """Give up every privilege, write a byte to `report`, then run the source as the main module."""
    strict = settings["strict"]
    if not strict:
        call(libc.prctl(PARENT_DEATH, signal.SIGKILL, 0, 0, 0), "binding to the parent")
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for stream, standard in zip(streams, (1, 0)):
        os.dup2(stream, standard)
    os.closerange(3, report)
    os.closerange(report + 1, os.sysconf("SC_OPEN_MAX"))
    os.chdir(folder)
    # Those processes around the program whose user, in its namespace, is the program's.
    others = 1
    if os.getuid() == 0:
        others = 0
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    # A user namespace gives powers over it.
    header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    call(libc.capset(header, none), "giving up capabilities")
    call(libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0), "refusing new privileges")
    # A crash is handed to no crash handler of the system: it would run outside, and no limit of core files holds there.
    call(libc.prctl(DUMPABLE, 0, 0, 0, 0), "refusing core dumps")
    if not any(os.access(os.path.join(entry, "os.py"), os.R_OK) for entry in sys.path):
        raise OSError(f"the standard library in {sys.base_prefix} can't be read by an unprivileged user")
    if not strict and has_landlock():
        read_only_in(settings["readable"])
    os.environ.clear()
    os.environ.update(HOME=folder, TMPDIR=folder, PATH="", LANG="C.UTF-8")
    main_module = sys.modules["__main__"] = types.ModuleType("__main__")
    sys.argv[:] = ["program.py"]
    random.seed(0)
    seconds, memory = settings["cpu_seconds"], settings["memory_bytes"]
    limits = [
        (resource.RLIMIT_CPU, seconds, seconds + 1),
        (resource.RLIMIT_AS, memory, memory),
        (resource.RLIMIT_FSIZE, settings["file_bytes"], settings["file_bytes"]),
        (resource.RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES),
        (resource.RLIMIT_STACK, STACK_BYTES, STACK_BYTES),
        (resource.RLIMIT_CORE, 0, 0),
    ]
    if strict:
        # Without a namespace this would count all that the user runs.
        limits.append((resource.RLIMIT_NPROC, settings["processes"] + others, settings["processes"] + others))
    for what, soft, hard in limits:
        resource.setrlimit(what, (soft, hard))
    rules = settings["filter"]
    filter_program = FilterProgram(len(rules) // 8, rules)
    call(libc.prctl(SET_SECCOMP, FILTER, ctypes.addressof(filter_program), 0, 0), "filtering system calls")
    os.write(report, b"1")
    os.close(report)
    try:
        exec(compile(source, "program.py", "exec"), main_module.__dict__)
        threading._shutdown()  # type: ignore[attr-defined]  # waits for its threads, as the end of an interpreter does
        status = FINISHED
    except SystemExit as exit_:
        status = FINISHED if exit_.code in (None, 0) else FAILED
    except BaseException:
        status = FAILED
    try:
        sys.stdout.flush()
    except BaseException:
        return FAILED
    return status
