"""The process that confines programs. A script: `run.py` starts it once and sends it a request for every program.

For each request it forks, so that no program waits for an interpreter to start:

    launcher ─ supervisor ─ first process of the namespaces (strict mode only) ─ the program

In the strict mode the program has user, mount, process, IPC, network and host name namespaces of its own, whoever
calls; a root that holds the standard library and the system's libraries, read-only, and an empty folder in memory;
and nothing else: no home, no /proc, no socket of the machine. When the first process ends, the kernel ends all
others of the namespaces. In the weak mode there are no namespaces: the program is the calling user (as root:
"nobody"), can change no file, and reads libraries alone where the kernel has Landlock, else all that its user can.

In both modes a seccomp filter permits a list of system calls (`seccomp.py`), and limits hold for processor time,
address space, file size and open files. Nothing of this helps against a fault of the kernel.

Linux only.
"""

import contextlib
import errno
import gc
import importlib
import marshal
import os
import select
import signal
import socket
import sys
import tempfile
import time
import types
from collections.abc import Callable
from functools import partial

if __name__ == "__main__":
    # Its companions by their names, without the packages around them: these would bring more than programs may see.
    for package, folder in (("slmmux", "."), ("slmmux.sandbox", os.path.dirname(__file__))):
        sys.modules[package] = types.ModuleType(package)
        sys.modules[package].__path__ = [folder]

from slmmux.sandbox.namespaces import BROKEN, call, change_root, fork_into_namespaces, libc, shown_files, shown_folders
from slmmux.sandbox.program import FAILED, FINISHED, PARENT_DEATH, program

# The reply's first byte, and how the first process of the namespaces ends: these, FINISHED, FAILED and BROKEN.
LIMIT = 2
FIXED_ADDRESSES = 0x0040000
# Loaded before the first request, since most programs use them.
COMMON = (
    "bisect collections copy dataclasses datetime decimal fractions functools hashlib heapq itertools json math "
    "operator re statistics string typing"
)

SHOWN: dict[str, str] = {}


def serve() -> None:
    """Answer requests on standard input until the caller is gone. A request brings the two ends of `supervise`."""
    for name in [name for name in sys.modules if name.split(".")[0] == "slmmux"]:
        del sys.modules[name]
    SHOWN.update(shown_folders())
    for name in COMMON.split():
        importlib.import_module(name)
    gc.freeze()
    requests = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(null, standard)
    os.close(null)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # The first process of a namespace ignores what it has no handler for: no program can interrupt it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    while True:
        message, ends, _, _ = socket.recv_fds(requests, 1, 3)
        if not message:
            return
        control, streams = socket.socket(fileno=ends[0]), ends[1:]
        try:
            if os.fork() == 0:
                requests.close()
                end_with(partial(supervise, control, streams))
        except OSError as error:
            control.send(bytes([BROKEN]) + str(error).encode())
        control.close()
        close(streams)


def close(streams: list[int]) -> None:
    for stream in streams:
        os.close(stream)


def supervise(control: socket.socket, streams: list[int]) -> int:
    """Run the program that comes through `control`, and send back how it ended. streams: its output and its input.

    It is killed when its time is over, and when the caller closes its end: it has seen enough, or has ended.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with control.makefile("rb") as stream:
        settings, source = marshal.load(stream)
    heard, report = os.pipe()
    try:
        if settings["strict"]:
            folder = "/program"
            child = fork_into_namespaces()
        else:
            folder = tempfile.mkdtemp(prefix="slmmux-jail-")
            os.chmod(folder, 0o755)
            settings["readable"] = [*SHOWN.values(), *shown_files(), folder]
            child = os.fork()
    except OSError as error:
        control.send(bytes([BROKEN]) + (error.strerror or str(error)).encode())
        return 1
    if child == 0:
        control.close()
        os.close(heard)
        body = first_process if settings["strict"] else program
        end_with(lambda: body(settings, source, folder, streams, report), report)
    os.close(report)
    close(streams)
    waiting, handle = select.poll(), os.pidfd_open(child)
    waiting.register(handle, select.POLLIN)
    waiting.register(control, select.POLLIN)
    began = time.monotonic()
    ended = [number for number, _ in waiting.poll(settings["wall_seconds"] * 1000)]
    in_time = time.monotonic() - began < settings["wall_seconds"]
    if handle not in ended:
        os.kill(child, signal.SIGKILL)
    if not settings["strict"]:
        # Its forks, which the filter keeps in its process group. Before it is waited for, its number is no other's.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.rmdir(folder)
    _, status = os.waitpid(child, 0)
    started = os.read(heard, 2000)
    if started[:1] not in (b"", b"1"):
        control.send(bytes([BROKEN]) + started)
    elif started == b"" or not in_time:
        # Ended without a word before the program began: only a limit does that.
        control.send(bytes([LIMIT]))
    elif settings["strict"]:
        control.send(bytes([min(os.WEXITSTATUS(status), LIMIT) if os.WIFEXITED(status) else LIMIT]))
    else:
        control.send(bytes([ending(status)]))
    return 0


def ending(status: int) -> int:
    """How a program ended, from what waitpid says of it."""
    if os.WIFSIGNALED(status):
        return LIMIT if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL) else FAILED
    return FINISHED if os.WEXITSTATUS(status) == 0 else FAILED


def first_process(settings: dict, source: bytes, folder: str, streams: list[int], report: int) -> int:
    call(libc.prctl(PARENT_DEATH, signal.SIGKILL, 0, 0, 0), "binding to the parent")
    change_root(SHOWN, folder, settings["file_bytes"])
    call(libc.sethostname(b"sandbox", 7), "naming the host")
    child = os.fork()
    if child == 0:
        end_with(lambda: program(settings, source, folder, streams, report), report)
    close(streams)
    os.close(report)
    return ending(os.waitpid(child, 0)[1])


def end_with(body: Callable[[], int], report: int = -1) -> None:
    """End this process with the status that `body` returns, never by returning. What it raises goes to `report`,
    but for a lack of memory: that is a limit that passes."""
    status = BROKEN
    try:
        status = body()
    except MemoryError:
        pass
    except BaseException as error:
        if report >= 0 and getattr(error, "errno", None) != errno.ENOMEM:
            os.write(report, (getattr(error, "strerror", None) or repr(error)).encode("utf-8", "replace")[:1000])
    finally:
        os._exit(status)


def fix_addresses() -> None:
    """Start again without random addresses, where that is permitted: the order of some sets depends on them."""
    before = libc.personality(0xFFFFFFFF)
    if not before & FIXED_ADDRESSES and libc.personality(before | FIXED_ADDRESSES) != -1:
        os.execv(sys.executable, sys.orig_argv)


if __name__ == "__main__":
    fix_addresses()
    serve()
