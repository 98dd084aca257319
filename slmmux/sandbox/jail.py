"""The process that confines a program. A script: `run.py` starts it, with settings as JSON and the source on stdin.

Where the system permits namespaces (as root, or as a user who may make user namespaces):
- no network but an own, empty loopback;
- the file system read-only, but for a small file system in memory that is the program's folder;
- process ids of its own: when their first process ends, the kernel ends all the others, however they hid;
- of other processes nothing is visible, so nothing can be read from their environments.
Everywhere: limits by setrlimit, no new privileges, user "nobody" where this runs as root, an empty folder,
an environment without secrets, input and errors from and to /dev/null, all children killed at the end.
Where namespaces are not permitted, children are found and killed by their parent's id, and an audit hook of
the interpreter, which a program can't take off again, refuses sockets, signals, other programs, ctypes, changes
of files outside the folder and reading below /proc. That is weaker: what the interpreter does not audit (such
as signal.pidfd_send_signal) stays possible to a program that runs as the caller's own user.

Against a program that exploits a fault of the kernel, none of this helps.

Linux only. Exit status: below, after the imports.
"""

import contextlib
import ctypes
import errno
import json
import os
import resource
import signal
import sys
import types
from collections.abc import Callable

# How this script ends. Not 0 to 3, with which an interpreter that does not get this far ends.
FINISHED, FAILED, LIMIT, BROKEN = 40, 41, 42, 43
NOBODY = 65534
NEW_USER, NEW_OTHERS = 0x10000000, 0x20000000 | 0x40000000 | 0x00020000 | 0x08000000 | 0x04000000
BIND, RECURSIVE, PRIVATE, NO_SUID_NO_DEV = 0x1000, 0x4000, 0x40000, 0x6
PARENT_DEATH, SUBREAPER, NO_NEW_PRIVILEGES = 1, 36, 38
MOUNT_SETATTR, AT_CWD, AT_RECURSIVE, READ_ONLY = 442, -100, 0x8000, 1

libc = ctypes.CDLL(None, use_errno=True)


def call(result: int, what: str) -> None:
    if result:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def main() -> int:
    settings, source = json.loads(sys.argv[1]), sys.stdin.buffer.read()
    libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
    libc.mount.argtypes = [ctypes.c_char_p] * 3 + [ctypes.c_ulong, ctypes.c_char_p]
    os.mkdir(os.path.join(settings["folder"], "work"), 0o700)
    os.mkdir(os.path.join(settings["folder"], "python"), 0o755)
    if settings["namespaces"] and enter_namespaces():
        return supervise(lambda: first_process(settings, source), settings["wall_seconds"])
    call(libc.prctl(SUBREAPER, 1, 0, 0, 0), "becoming the parent of orphans")
    status = run_program(settings, source, False, lambda body: supervise(body, settings["wall_seconds"]))
    # Orphans come to this process, so that none is missed, however often they fork.
    kill_children()
    return status


def supervise(body: Callable[[], int], wall_seconds: float = 0.0) -> int:
    """Run `body` in a forked process and return its status.

    The process is killed after `wall_seconds` (0: never), or when the caller has seen enough output and sends
    SIGTERM. The handler kills rather than raises: there is no moment at which it could come amiss.
    """
    child = 0

    def stop(*_) -> None:
        if child:
            kill(child)

    handled = (signal.SIGALRM, signal.SIGTERM)
    # A signal before the handler knows the child waits until it does.
    signal.pthread_sigmask(signal.SIG_BLOCK, handled)
    for number in handled:
        signal.signal(number, stop)
    child = os.fork()
    if child == 0:
        for number in handled:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, handled)
        run_and_exit(body)
    signal.setitimer(signal.ITIMER_REAL, wall_seconds)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, handled)
    while True:
        # Orphans that end before it are reaped on the way.
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            child = 0
            break
    signal.setitimer(signal.ITIMER_REAL, 0)
    if os.WIFEXITED(status):
        return os.WEXITSTATUS(status)
    return LIMIT if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL) else FAILED


def run_program(settings: dict, source: bytes, isolated: bool, run: Callable[[Callable[[], int]], int]) -> int:
    """Run the program by `run`. BROKEN comes from the preparations only: a program can't feign it."""
    ready, done = os.pipe()
    status = run(lambda: program(settings, source, isolated, done))
    os.close(done)
    if os.read(ready, 1) == b"":
        return BROKEN
    return status if status in (FINISHED, LIMIT) else FAILED


def enter_namespaces() -> bool:
    """Whether the process now has its own namespaces. Its next child is the first of the new process ids."""
    user, group = os.getuid(), os.getgid()
    if libc.unshare(NEW_OTHERS) == 0:
        return True
    # Root without the right to make them is better off as "nobody", whom a user namespace would not know.
    if user == 0 or libc.unshare(NEW_USER | NEW_OTHERS):
        return False
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    return True


def first_process(settings: dict, source: bytes) -> int:
    """Process 1 of the namespace: it prepares the file system, and the kernel kills all others when it ends."""
    call(libc.prctl(PARENT_DEATH, signal.SIGKILL, 0, 0, 0), "binding to the parent")
    folder = settings["folder"].encode()
    call(libc.mount(b"none", b"/", None, RECURSIVE | PRIVATE, None), "making mounts private")
    # The interpreter may be installed where the unprivileged user can't go, as under /root.
    library = os.fsencode(sys.base_prefix)
    call(libc.mount(library, folder + b"/python", None, BIND | RECURSIVE, None), "showing the standard library")
    attributes = (ctypes.c_uint64 * 4)(READ_ONLY, 0, 0, 0)
    if libc.syscall(MOUNT_SETATTR, AT_CWD, b"/", AT_RECURSIVE, attributes, 32) and ctypes.get_errno() != errno.ENOSYS:
        call(-1, "making the file system read-only")
    owner = f",uid={NOBODY},gid={NOBODY}" if os.getuid() == 0 else ""
    options = f"size={settings['file_bytes']},nr_inodes=1000,mode=700{owner}".encode()
    call(libc.mount(b"tmpfs", folder + b"/work", b"tmpfs", NO_SUID_NO_DEV, options), "mounting the folder")
    if libc.mount(b"proc", b"/proc", b"proc", NO_SUID_NO_DEV, None):
        # Not permitted in some containers: then there is nothing to see at all.
        call(libc.mount(b"tmpfs", b"/proc", b"tmpfs", NO_SUID_NO_DEV, b"size=4k"), "hiding /proc")
    return run_program(settings, source, True, supervise)


def program(settings: dict, source: bytes, isolated: bool, ready: int) -> int:
    """Give up every privilege, write a byte to the pipe `ready`, then run the source as the main module."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    if isolated:
        look_for_modules_in(os.path.join(settings["folder"], "python"))
    work = os.path.join(settings["folder"], "work")
    if os.getuid() == 0:
        if not isolated:
            os.chown(work, NOBODY, NOBODY)
        os.chdir(work)
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    else:
        os.chdir(work)
        # A user namespace gave this process powers over it.
        header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
        call(libc.capset(header, none), "giving up capabilities")
    call(libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0), "refusing new privileges")
    seconds = settings["cpu_seconds"]
    for what, soft, hard in (
        (resource.RLIMIT_CPU, seconds, seconds + 1),
        (resource.RLIMIT_AS, settings["memory_bytes"], settings["memory_bytes"]),
        (resource.RLIMIT_FSIZE, settings["file_bytes"], settings["file_bytes"]),
        (resource.RLIMIT_NPROC, settings["processes"], settings["processes"]),
        (resource.RLIMIT_NOFILE, 64, 64),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(what, (soft, hard))
    if not any(os.access(os.path.join(entry, "os.py"), os.R_OK) for entry in sys.path):
        raise OSError(f"the standard library in {sys.base_prefix} can't be read by an unprivileged user")
    os.environ.clear()
    os.environ.update(HOME=work, TMPDIR=work, PATH="/usr/bin:/bin", LANG="C.UTF-8")
    main_module = sys.modules["__main__"] = types.ModuleType("__main__")
    sys.argv[:] = ["program.py"]
    if not isolated:
        sys.addaudithook(guard(os.path.realpath(work)))
    os.dup2(null, 2)
    os.write(ready, b"1")
    os.closerange(3, 64)
    try:
        exec(compile(source, "program.py", "exec"), main_module.__dict__)
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


def look_for_modules_in(python: str) -> None:
    """Import from where the standard library is shown, also the rest of packages that are here already."""

    def shown(paths) -> list[str]:
        return [path.replace(sys.base_prefix, python, 1) for path in paths]

    sys.path[:] = shown(sys.path)
    sys.path_importer_cache.clear()
    for module in list(sys.modules.values()):
        if hasattr(module, "__path__"):
            module.__path__ = shown(module.__path__)


REFUSED = ("socket.", "ctypes.", "subprocess.", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.kill")
# Events that change files: where in their arguments the changed paths stand. File descriptors of the folders
# that these are relative to come last, in the same order.
CHANGES = {f"os.{name}": (0,) for name in ("remove", "rmdir", "mkdir", "chmod", "chown", "truncate", "utime")}
CHANGES |= {"os.rename": (0, 1), "os.link": (0, 1), "os.symlink": (1,)}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def guard(work: str) -> Callable[[str, tuple], None]:
    """An audit hook that raises PermissionError for what a program in the folder `work` has no need of."""

    def place(path, folder: int = -1) -> str:
        base = os.readlink(f"/proc/self/fd/{folder}") if folder >= 0 else ""
        name = os.readlink(f"/proc/self/fd/{path}") if isinstance(path, int) else os.fsdecode(path)
        return os.path.realpath(os.path.join(base, name))

    def outside(full: str) -> bool:
        return full != os.devnull and os.path.commonpath([full, work]) != work

    def refused(event: str, args: tuple) -> bool:
        if event == "open" and isinstance(args[0], str | bytes):
            # Reading is free, but for what /proc shows of other processes. A folder's descriptor could be used
            # to write below it.
            full = place(args[0])
            watched = args[2] & WRITING or full.startswith("/proc/") or os.path.isdir(full)
            return bool(watched) and outside(full)
        if event in CHANGES:
            at = CHANGES[event]
            folders = args[-len(at) :] if event != "os.truncate" else (-1,)
            return any(outside(place(args[n], folder)) for n, folder in zip(at, folders))
        return event.startswith(REFUSED)

    def hook(event: str, args: tuple) -> None:
        if refused(event, args):
            raise PermissionError(f"{event} is not permitted in the sandbox")

    return hook


def run_and_exit(body: Callable[[], int]) -> None:
    """End this process with the status that `body` returns, never by returning."""
    status = BROKEN
    try:
        status = body()
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode("utf-8", "replace"))
    finally:
        os._exit(status)


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def kill_children() -> None:
    """Kill until no child is left. Those of a killed child become children of this process."""
    me = os.getpid()
    while True:
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/stat") as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue  # gone meanwhile
            if parent == me:
                kill(int(name))
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


if __name__ == "__main__":
    run_and_exit(main)
