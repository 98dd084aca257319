"""The process that confines programs. A script: `run.py` starts it once and sends it a request for every program.

For each request it forks, so that no program waits for an interpreter to start:

    launcher ─ supervisor ─ first process of the namespaces (strict mode only) ─ the program

In the strict mode the program has user, mount, process, IPC, network and host name namespaces of its own, whoever
calls; a root that holds the standard library and the system's libraries, read-only, and an empty folder in memory;
and nothing else: no home, no /proc, no socket of the machine. When the first process ends, the kernel ends all
others of the namespaces. In the weak mode there are no namespaces: the program sees the machine's files as the
calling user does (as root: as "nobody" does), and can change none.

In both modes a seccomp filter permits a list of system calls (`seccomp.py`), and limits hold for processor time,
address space, file size and open files. Nothing of this helps against a fault of the kernel.

Linux only.
"""

import contextlib
import ctypes
import errno
import gc
import importlib
import marshal
import os
import random
import resource
import select
import signal
import socket
import sys
import tempfile
import threading
import types
from collections.abc import Callable
from functools import partial

# The reply's first byte, and how the first process of the namespaces ends.
FINISHED, FAILED, LIMIT, BROKEN = 0, 1, 2, 3
NOBODY = 65534
USER, OTHERS = 0x10000000, 0x00020000 | 0x20000000 | 0x08000000 | 0x40000000 | 0x04000000
BIND, RECURSIVE, PRIVATE, NO_SUID_NO_DEV = 0x1000, 0x4000, 0x40000, 0x6
PARENT_DEATH, NO_NEW_PRIVILEGES, SET_SECCOMP, FILTER = 1, 38, 22, 2
MOUNT_SETATTR, AT_RECURSIVE, READ_ONLY, DETACH = 442, 0x8000, 1, 2
PIVOT_ROOT, CLONE = {"x86_64": 155, "aarch64": 41}, {"x86_64": 56, "aarch64": 220}
FIXED_ADDRESSES = 0x0040000
OPEN_FILES, STACK_BYTES, ROOT_BYTES, INODES = 64, 8 << 20, 1 << 18, 1000
DEVICES = ("null", "zero", "random", "urandom")
# Loaded before the first request, since most programs use them.
COMMON = (
    "bisect collections copy dataclasses datetime decimal fractions functools hashlib heapq itertools json math "
    "operator re statistics string typing"
)

libc = ctypes.CDLL(None, use_errno=True)
SHOWN: dict[str, str] = {}


class FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def call(result: int, what: str) -> None:
    if result:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def serve() -> None:
    """Answer requests on standard input until the caller is gone. A request brings the two ends of `supervise`."""
    libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
    libc.mount.argtypes = [ctypes.c_char_p] * 3 + [ctypes.c_ulong, ctypes.c_char_p]
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
        message, ends, _, _ = socket.recv_fds(requests, 1, 2)
        if not message:
            return
        control, output = socket.socket(fileno=ends[0]), ends[1]
        try:
            if os.fork() == 0:
                requests.close()
                end_with(partial(supervise, control, output))
        except OSError as error:
            control.send(bytes([BROKEN]) + str(error).encode())
        control.close()
        os.close(output)


def supervise(control: socket.socket, output: int) -> int:
    """Run the program that comes through `control`, and send back how it ended. It prints to `output`.

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
            child = os.fork()
    except OSError as error:
        control.send(bytes([BROKEN]) + (error.strerror or str(error)).encode())
        return 1
    if child == 0:
        control.close()
        os.close(heard)
        body = first_process if settings["strict"] else program
        end_with(lambda: body(settings, source, folder, output, report), report)
    os.close(report)
    os.close(output)
    waiting, handle = select.poll(), os.pidfd_open(child)
    waiting.register(handle, select.POLLIN)
    waiting.register(control, select.POLLIN)
    ended = [number for number, _ in waiting.poll(settings["wall_seconds"] * 1000)]
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
    elif started == b"":
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


def fork_into_namespaces() -> int:
    """As os.fork, with a child that is the first process of its own namespaces. Raises OSError where refused.

    Root keeps its user id there to prepare the files, and "nobody" is there for the program. The maps of users are
    written from outside, as mapping two users needs.
    """
    waiting, go = os.pipe()
    child = libc.syscall(CLONE[os.uname().machine], USER | OTHERS | signal.SIGCHLD, 0, 0, 0, 0)
    if child == 0:
        os.close(go)
        if os.read(waiting, 1) != b"1":
            os._exit(BROKEN)
        os.close(waiting)
        return 0
    call(min(child, 0), "making namespaces")
    with open(go, "wb", buffering=0) as pipe:
        os.close(waiting)
        user, group = os.getuid(), os.getgid()
        if user == 0:
            write_map(child, "uid_map", f"0 0 1\n{NOBODY} {NOBODY} 1")
            write_map(child, "gid_map", f"0 0 1\n{NOBODY} {NOBODY} 1")
        else:
            write_map(child, "setgroups", "deny")
            write_map(child, "uid_map", f"{user} {user} 1")
            write_map(child, "gid_map", f"{group} {group} 1")
        pipe.write(b"1")
    return child


def write_map(process: int, name: str, text: str) -> None:
    try:
        with open(f"/proc/{process}/{name}", "w") as file:
            file.write(text)
    except OSError as error:
        raise OSError(error.errno, f"writing {name} of a namespace: {error.strerror}") from None


def first_process(settings: dict, source: bytes, folder: str, output: int, report: int) -> int:
    call(libc.prctl(PARENT_DEATH, signal.SIGKILL, 0, 0, 0), "binding to the parent")
    change_root(folder, settings["file_bytes"])
    call(libc.sethostname(b"sandbox", 7), "naming the host")
    child = os.fork()
    if child == 0:
        end_with(lambda: program(settings, source, folder, output, report), report)
    os.close(output)
    os.close(report)
    return ending(os.waitpid(child, 0)[1])


def shown_folders() -> dict[str, str]:
    """Where the standard library and the system's libraries are: path → the same without links, which do not exist
    in the new root."""
    folders = {"/lib", "/lib64", "/usr/lib", "/usr/lib64", os.path.dirname(os.__file__), *sys.path}
    folders |= {os.path.join(sys.base_prefix, name) for name in ("lib", "lib64")}
    return {path: os.path.realpath(path) for path in sorted(folders) if os.path.isdir(path)}


def change_root(folder: str, file_bytes: int) -> None:
    """Replace the root by a small file system in memory with what an interpreter needs, and all else detached."""
    mount(b"none", "/", None, RECURSIVE | PRIVATE)
    # Mounted over a folder that every system has, and in which no interpreter is installed.
    mount(b"tmpfs", "/proc", b"tmpfs", NO_SUID_NO_DEV, f"size={ROOT_BYTES},mode=755")
    os.chdir("/proc")
    os.mkdir("old")
    call(libc.syscall(PIVOT_ROOT[os.uname().machine], b".", b"old"), "changing the root")
    os.chdir("/")
    for path, source in SHOWN.items():
        # Sorted: what lies inside another one is there already.
        if not os.path.lexists(path):
            os.makedirs(path)
            mount(f"/old{source}".encode(), path, None, BIND | RECURSIVE)
    for name in ("/dev", "/etc", "/run", folder):
        os.mkdir(name)
    if not os.path.lexists("/tmp"):
        os.symlink(folder, "/tmp")
    for name in [f"dev/{device}" for device in DEVICES] + ["etc/ld.so.cache"]:
        if os.path.exists(f"/old/{name}"):
            os.close(os.open(f"/{name}", os.O_CREAT | os.O_WRONLY, 0o644))
            mount(f"/old/{name}".encode(), f"/{name}", None, BIND)
    call(libc.umount2(b"/old", DETACH), "detaching the old root")
    os.rmdir("/old")
    attributes = (ctypes.c_uint64 * 4)(READ_ONLY, 0, 0, 0)
    call(libc.syscall(MOUNT_SETATTR, -1, b"/", AT_RECURSIVE, attributes, 32), "making the root read-only")
    owner = NOBODY if os.getuid() == 0 else os.getuid()
    options = f"size={file_bytes},nr_inodes={INODES},mode=700,uid={owner}"
    mount(b"tmpfs", folder, b"tmpfs", NO_SUID_NO_DEV, options)


def mount(source: bytes, target: str, kind: bytes | None, flags: int, options: str = "") -> None:
    call(libc.mount(source, target.encode(), kind, flags, options.encode() or None), f"mounting {target}")


def program(settings: dict, source: bytes, folder: str, output: int, report: int) -> int:
    """Give up every privilege, write a byte to `report`, then run the source as the main module."""
    strict = settings["strict"]
    if not strict:
        call(libc.prctl(PARENT_DEATH, signal.SIGKILL, 0, 0, 0), "binding to the parent")
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.dup2(output, 1)
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
    if not any(os.access(os.path.join(entry, "os.py"), os.R_OK) for entry in sys.path):
        raise OSError(f"the standard library in {sys.base_prefix} can't be read by an unprivileged user")
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
