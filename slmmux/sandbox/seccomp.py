"""The system calls that a program in the sandbox may make, as a filter for the kernel (seccomp, classic BPF).

A list of what is permitted: a call that is not on it, also one that a later kernel brings, is refused. A program
may compute, sleep, start threads (and, where asked for, copies of itself), use pipes and read files; in the strict
mode, where it sees only its own, change files and send signals. It may not run other programs, leave its process
group, open sockets, share memory, mount, make namespaces, or trace.
"""

import errno
import struct

# Name: its number on x86_64 and on aarch64, None where there is no such call.
CALLS: dict[str, tuple[int | None, int | None]] = {
    # memory, threads and time
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "futex": (202, 98),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120),
    "set_tid_address": (218, 96),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "membarrier": (324, 283),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "wait4": (61, 260),
    "waitid": (247, 95),
    "restart_syscall": (219, 128),
    "nanosleep": (35, 101),
    "clock_nanosleep": (230, 115),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "gettimeofday": (96, 169),
    "time": (201, None),
    "times": (100, 153),
    "getitimer": (36, 102),
    "setitimer": (38, 103),
    "alarm": (37, None),
    "pause": (34, None),
    "getrandom": (318, 278),
    # signals to itself
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "rt_sigpending": (127, 136),
    "rt_sigtimedwait": (128, 137),
    "rt_sigsuspend": (130, 133),
    "sigaltstack": (131, 132),
    # who and where it is
    "getpid": (39, 172),
    "getppid": (110, 173),
    "gettid": (186, 178),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "getresuid": (118, 148),
    "getresgid": (120, 150),
    "getgroups": (115, 158),
    "getpgrp": (111, None),
    "getpgid": (121, 155),
    "getsid": (124, 156),
    "getrlimit": (97, 163),
    "getrusage": (98, 165),
    "uname": (63, 160),
    "sysinfo": (99, 179),
    # open files, pipes and waiting for them
    "read": (0, 63),
    "write": (1, 64),
    "readv": (19, 65),
    "writev": (20, 66),
    "pread64": (17, 67),
    "pwrite64": (18, 68),
    "lseek": (8, 62),
    "close": (3, 57),
    "dup": (32, 23),
    "dup2": (33, None),
    "dup3": (292, 24),
    "pipe": (22, None),
    "pipe2": (293, 59),
    "fsync": (74, 82),
    "fdatasync": (75, 83),
    "fadvise64": (221, 223),
    "sendfile": (40, 71),
    "copy_file_range": (326, 285),
    "select": (23, None),
    "pselect6": (270, 72),
    "poll": (7, None),
    "ppoll": (271, 73),
    "epoll_create1": (291, 20),
    "epoll_ctl": (233, 21),
    "epoll_wait": (232, None),
    "epoll_pwait": (281, 22),
    "eventfd2": (290, 19),
    # asyncio's loop wakes itself through a pair of sockets
    "sendto": (44, 206),
    "recvfrom": (45, 207),
    "getsockname": (51, 204),
    # reading the file system
    "stat": (4, None),
    "lstat": (6, None),
    "fstat": (5, 80),
    "newfstatat": (262, 79),
    "statx": (332, 291),
    "statfs": (137, 43),
    "fstatfs": (138, 44),
    "access": (21, None),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "getdents64": (217, 61),
    "getcwd": (79, 17),
    "chdir": (80, 49),
    "fchdir": (81, 50),
    "umask": (95, 166),
}
# In the strict mode alone, where the only place to write to is the program's own, and no other process is visible.
STRICT_CALLS: dict[str, tuple[int | None, int | None]] = {
    "open": (2, None),
    "openat": (257, 56),
    "truncate": (76, 45),
    "ftruncate": (77, 46),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "rmdir": (84, None),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "link": (86, None),
    "linkat": (265, 37),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "utimensat": (280, 88),
    "kill": (62, 129),
    "tgkill": (234, 131),
}
SIGNALS = ("kill", "tgkill")
# Calls that are permitted with certain arguments, below.
CLONE, PRLIMIT, SOCKETPAIR, IOCTL, FCNTL, PRCTL = (56, 220), (302, 261), (53, 199), (16, 29), (72, 25), (157, 167)
OPEN: tuple[int, int | None] = (2, None)
OPENAT = (257, 56)
# From this number on (on both machines), a libc takes "no such call" as a reason to try an older one.
CLONE3 = 435

MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
LOAD, EQUAL, AT_LEAST, ANY_BIT, AND, RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
THREAD, NAMESPACES = 0x00010000, 0x7E020000
WRITING = 0o3 | 0o100 | 0o1000  # O_WRONLY and O_RDWR, O_CREAT, O_TRUNC
HARMLESS_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # of terminals and descriptors
HIDE_MEMORY, ADD_FILTER = 4, 22  # PR_SET_DUMPABLE, PR_SET_SECCOMP
HARMLESS_FCNTLS = (0, 1, 2, 3, 4, 1030)

Instruction = tuple[int, int, int, int]


def filter_program(machine: str, strict: bool, may_fork: bool, may_signal: bool = True) -> bytes:
    """The filter as an array of `struct sock_filter`. Raises KeyError on a machine whose numbers are not here."""
    column, architecture = MACHINES[machine]
    refuse = (RETURN, 0, 0, REFUSE | errno.EPERM)
    program: list[Instruction] = [
        (LOAD, 0, 0, 4),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, 0),
    ]
    # Where a new process, not a thread, goes on: to the next test or to the refusal.
    without = 0 if may_fork else 2
    conditions: list[tuple[tuple[int, int | None], list[Instruction]]] = [
        (CLONE, [_argument(0), (ANY_BIT, 0, without, THREAD), (ANY_BIT, 1, 0, NAMESPACES), _allow(), refuse]),
        (PRLIMIT, _one_of(0, (0,), refuse)),
        # A filter on top of this one can only refuse more. Memory may be hidden, not shown again.
        (PRCTL, [_argument(0), *_hiding(may_fork), refuse]),
        (IOCTL, _one_of(1, HARMLESS_IOCTLS, refuse)),
        (FCNTL, _one_of(1, HARMLESS_FCNTLS, refuse)),
        (
            SOCKETPAIR,  # AF_UNIX, and of its types SOCK_STREAM, which can't send to an address
            [_argument(0), (EQUAL, 0, 4, 1), _argument(1), (AND, 0, 0, 0xF), (EQUAL, 0, 1, 1), _allow(), refuse],
        ),
    ]
    if not strict:
        conditions += [(OPEN, _reading(1, refuse)), (OPENAT, _reading(2, refuse))]
    for name, numbers in (CALLS | STRICT_CALLS if strict else CALLS).items():
        if not may_signal and name in SIGNALS:
            continue
        if (number := numbers[column]) is not None:
            program += [(EQUAL, 0, 1, number), _allow()]
    for numbers, block in conditions:
        if (number := numbers[column]) is not None:
            program += [(EQUAL, 0, len(block), number), *block]
    program += [(AT_LEAST, 0, 1, CLONE3), (RETURN, 0, 0, REFUSE | errno.ENOSYS), refuse]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def lone_filter(machine: str) -> bytes:
    """For a program that stands beside others: it may not fork, nor signal. On top of the filter around it, which then
    decides on the rest; so it takes what both permit."""
    return filter_program(machine, strict=True, may_fork=False, may_signal=False)


def _allow() -> Instruction:
    return (RETURN, 0, 0, ALLOW)


def _argument(number: int) -> Instruction:
    """Load the lower half of an argument: all the kernel itself looks at, where these arguments are ints."""
    return (LOAD, 0, 0, 16 + 8 * number)


def _one_of(argument: int, values: tuple[int, ...], refuse: Instruction) -> list[Instruction]:
    tests = [step for value in values for step in ((EQUAL, 0, 1, value), _allow())]
    return [_argument(argument), *tests, refuse]


def _hiding(may_fork: bool) -> list[Instruction]:
    filtering = [(EQUAL, 0, 1, ADD_FILTER), _allow()] if may_fork else []
    return [*filtering, (EQUAL, 0, 3, HIDE_MEMORY), _argument(1), (EQUAL, 0, 1, 0), _allow()]


def _reading(argument: int, refuse: Instruction) -> list[Instruction]:
    return [_argument(argument), (ANY_BIT, 1, 0, WRITING), _allow(), refuse]
