"""What the first process of a program's namespaces sees: namespaces of its own, and a root of its own.

Runs in the process `jail.py` and imports the standard library alone.
"""

import ctypes
import os
import signal
import sys

NOBODY = 65534
USER, OTHERS = 0x10000000, 0x00020000 | 0x20000000 | 0x08000000 | 0x40000000 | 0x04000000
BIND, RECURSIVE, PRIVATE, NO_SUID_NO_DEV = 0x1000, 0x4000, 0x40000, 0x6
MOUNT_SETATTR, AT_RECURSIVE, READ_ONLY, DETACH = 442, 0x8000, 1, 2
PIVOT_ROOT, CLONE = {"x86_64": 155, "aarch64": 41}, {"x86_64": 56, "aarch64": 220}
ROOT_BYTES, INODES = 1 << 18, 1000
DEVICES = ("null", "zero", "random", "urandom")
# How a child ends that could not be set up.
BROKEN = 3

libc = ctypes.CDLL(None, use_errno=True)
libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
libc.mount.argtypes = [ctypes.c_char_p] * 3 + [ctypes.c_ulong, ctypes.c_char_p]


def call(result: int, what: str) -> None:
    if result:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


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


def shown_folders() -> dict[str, str]:
    """Where the standard library and the system's libraries are: path → the same without links, which do not exist
    in the new root."""
    folders = {"/lib", "/lib64", "/usr/lib", "/usr/lib64", os.path.dirname(os.__file__), *sys.path}
    folders |= {os.path.join(sys.base_prefix, name) for name in ("lib", "lib64")}
    return {path: os.path.realpath(path) for path in sorted(folders) if os.path.isdir(path)}


def shown_files() -> list[str]:
    """Devices, and where the system's libraries are written down."""
    names = ["etc/ld.so.cache", *(f"dev/{device}" for device in DEVICES)]
    return [f"/{name}" for name in names if os.path.exists(f"/{name}")]


def change_root(shown: dict[str, str], folder: str, file_bytes: int) -> None:
    """Replace the root by a small file system in memory with what an interpreter needs, and all else detached."""
    files = shown_files()
    mount(b"none", "/", None, RECURSIVE | PRIVATE)
    # Mounted over a folder that every system has, and in which no interpreter is installed.
    mount(b"tmpfs", "/proc", b"tmpfs", NO_SUID_NO_DEV, f"size={ROOT_BYTES},mode=755")
    os.chdir("/proc")
    os.mkdir("old")
    call(libc.syscall(PIVOT_ROOT[os.uname().machine], b".", b"old"), "changing the root")
    os.chdir("/")
    for path, source in shown.items():
        # Sorted: what lies inside another one is there already.
        if not os.path.lexists(path):
            os.makedirs(path)
            mount(f"/old{source}".encode(), path, None, BIND | RECURSIVE)
    for name in ("/dev", "/etc", "/run", folder):
        os.mkdir(name)
    if not os.path.lexists("/tmp"):
        os.symlink(folder, "/tmp")
    for path in files:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))
        mount(f"/old{path}".encode(), path, None, BIND)
    call(libc.umount2(b"/old", DETACH), "detaching the old root")
    os.rmdir("/old")
    attributes = (ctypes.c_uint64 * 4)(READ_ONLY, 0, 0, 0)
    call(libc.syscall(MOUNT_SETATTR, -1, b"/", AT_RECURSIVE, attributes, 32), "making the root read-only")
    owner = NOBODY if os.getuid() == 0 else os.getuid()
    options = f"size={file_bytes},nr_inodes={INODES},mode=700,uid={owner}"
    mount(b"tmpfs", folder, b"tmpfs", NO_SUID_NO_DEV, options)


def mount(source: bytes, target: str, kind: bytes | None, flags: int, options: str = "") -> None:
    call(libc.mount(source, target.encode(), kind, flags, options.encode() or None), f"mounting {target}")
