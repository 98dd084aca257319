"""Programs that reach for what is outside: sockets, other processes, the kernel. They get nothing.

docs/sandbox.md names for every attack the test here, or in another test_hostile_*.py, that tries it.
"""

import contextlib
import os
import platform
import re
import select
import socket
from pathlib import Path

import pytest
from attacks import CALLS, attempts


@contextlib.contextmanager
def listening(caller, *paths: Path):
    """Sockets of the caller's user at these paths; nobody may have come to them."""
    with contextlib.ExitStack() as stack:
        servers = []
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                at = f"{path}.{kind.name}"
                server = stack.enter_context(socket.socket(socket.AF_UNIX, kind))
                server.bind(at)
                stack.callback(os.unlink, at)
                os.chmod(at, 0o777)
                caller.own(path.parent, Path(at))
                if kind == socket.SOCK_STREAM:
                    server.listen()
                server.setblocking(False)
                servers.append(server)
        yield
        for server in servers:
            with pytest.raises(BlockingIOError):
                (server.accept if server.type == socket.SOCK_STREAM else lambda s=server: s.recv(9))()


def test_sockets_by_path(sandbox):
    """As of tmux, ssh-agent and Docker."""
    places = [
        sandbox.home / "docker.sock",
        sandbox.home / "agent" / "agent",
        Path(f"/tmp/test-tmux-{sandbox.user}") / "default",
    ]
    program = attempts(
        *[f"socket.socket(socket.AF_UNIX).connect('{p}.SOCK_STREAM')" for p in places],
        *[f"socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', '{p}.SOCK_DGRAM')" for p in places],
        *[f"socket.socketpair()[0].sendto(b'x', '{p}.SOCK_DGRAM')" for p in places],
        *[f"socket.socketpair(type=socket.SOCK_DGRAM)[0].sendto(b'x', '{p}.SOCK_DGRAM')" for p in places],
        "subprocess.run(['tmux', 'list-sessions'], check=True)",
    )
    try:
        with listening(sandbox, *places):
            assert (sandbox.run(program).status, sandbox.run(program).output) == ("finished", "")
    finally:
        places[2].parent.rmdir()


def test_abstract_sockets(sandbox):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0sandbox-test-{os.getpid()}-{sandbox.user}")
        server.listen()
        server.setblocking(False)
        program = attempts(f"socket.socket(socket.AF_UNIX).connect({server.getsockname().decode()!r})")
        assert sandbox.run(program).output == ""
        with pytest.raises(BlockingIOError):
            server.accept()


def test_the_network(sandbox):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        port = server.getsockname()[1]
        program = attempts(
            f"socket.create_connection(('127.0.0.1', {port}), timeout=1)",
            f"socket.create_connection(('10.0.0.1', {port}), timeout=1)",
            "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('10.0.0.1', 53))",
            "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
            "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)",
            "socket.getaddrinfo('example.com', 80)",
        )
        assert (sandbox.run(program).status, sandbox.run(program).output) == ("finished", "")
        with pytest.raises(BlockingIOError):
            server.accept()


def test_namespaces_of_its_own(sandbox):
    program = f"""{CALLS}
kinds = [0x20000, 0x10000000, 0x20000000, 0x40000000, 0x08000000, 0x04000000, 0x02000000]
print([hex(k) for k in (*kinds, 0x80) if call(272, 97, k) != -1])
print([hex(k) for k in kinds if call(56, 220, k | 17, 0, 0, 0, 0) != -1])
arguments = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17)
print(call(435, 435, arguments, 88), call(308, 268, 0, 0), call(155, 41, b".", b"."))
"""
    assert sandbox.run(program, may_fork=True).output == "[]\n[]\n-1 -1 -1\n"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="another machine has no such ways into the kernel")
def test_system_calls_by_other_numbers(sandbox):
    """Of 32-bit programs, which ends the program, and of the x32 interface."""
    program = f"""{CALLS}
import mmap
print(call(0x40000000 | 41, 0, 1, 1, 0), call(0x40000000 | 57, 0), flush=True)
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, 20 (getpid); int 0x80; ret
print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))())
"""
    outcome = sandbox.run(program)
    assert (outcome.status, outcome.output) == ("failed", "-1 -1\n")


def test_its_parents(sandbox):
    program = f"""
import fcntl, os, signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
pids = [os.getppid(), 1, {os.getpid()}, {sandbox.process.pid}, *{sandbox.jail_processes()}, -1, 0]
for number in sorted(signal.valid_signals() - {{signal.SIGCHLD}}, reverse=True):
    for pid in pids:
        try: os.kill(pid, number)
        except OSError: pass
        try: os.killpg(pid, number)
        except OSError: pass
        try:
            reading, writing = os.pipe()
            fcntl.fcntl(reading, fcntl.F_SETOWN, pid)
            print("F_SETOWN")
        except OSError: pass
"""
    outcome = sandbox.run(program)
    assert outcome.status != "refused" and "F_SETOWN" not in outcome.output
    assert sandbox.run("print(1)").output == "1\n"
    os.kill(sandbox.process.pid, 0)


def test_other_processes(sandbox):
    """By ptrace, handles, their memory, priorities and /proc."""
    parents = [os.getpid(), sandbox.process.pid, *sandbox.jail_processes()]
    program = f"""{CALLS}
for pid in ({parents}, [os.getppid(), 1])[0]:
    buffer = ctypes.create_string_buffer(64)
    piece = (ctypes.c_uint64 * 2)(ctypes.addressof(buffer), 8)
    found = {{
        "ptrace": call(101, 117, 16, pid, 0, 0),
        "pidfd_open": call(434, 434, pid, 0),
        "process_vm_readv": call(310, 270, pid, piece, 1, piece, 1, 0),
        "kcmp": call(312, 272, pid, os.getpid(), 1, 0, 0),
        "setpriority": call(141, 140, 0, pid, 19),
        "prlimit64": call(302, 261, pid, 7, 0, buffer),
        "sched_setaffinity": call(203, 122, pid, 8, buffer),
        "tkill": call(200, 130, pid, 0),
    }}
    print([name for name, result in found.items() if result != -1])
"""
    assert set(sandbox.run(program).output.splitlines()) == {"[]"}


def test_proc_of_others(hiding):
    """Their memory, where a secret is, their environments, and what the kernel tells and takes there."""
    others = [1, hiding.process.pid, *hiding.jail_processes()]
    program = attempts(
        *[
            f"open('/proc/{pid}/{name}', 'rb').read(1)"
            for pid in others
            for name in ("environ", "cmdline", "maps", "mem")
        ],
        "open('/proc/self/mem', 'r+b')",
        "open('/proc/self/environ').read()",
        "open('/proc/self/oom_score_adj', 'w')",
        "os.open('/proc/self/fd/0', os.O_RDWR)",
        "open('/proc/sys/kernel/core_pattern', 'w')",
        "open('/proc/kallsyms').read(1)",
        "os.listdir('/proc')",
        "os.listdir('/sys')",
        "os.listdir('/sys/fs/cgroup')",
    )
    assert (hiding.run(program).status, hiding.run(program).output) == ("finished", "")


def test_parts_of_the_kernel_that_no_program_needs(sandbox):
    program = f"""{CALLS}
buffer = ctypes.create_string_buffer(256)
found = {{
    "keyctl": call(250, 219, 0, -3, 1),
    "request_key": call(249, 218, b"user", b"x", 0, -3),
    "perf_event_open": call(298, 241, buffer, 0, -1, -1, 0),
    "io_uring_enter": call(426, 426, 0, 0, 0, 0, 0, 0),
    "io_uring_register": call(427, 427, 0, 0, 0, 0),
    "process_vm_writev": call(311, 271, os.getppid(), buffer, 1, buffer, 1, 0),
    "process_madvise": call(440, 440, 0, buffer, 1, 21, 0),
    "ptrace": call(101, 117, 0, 0, 0, 0),
    "open_by_handle_at": call(304, 265, -100, buffer, 0),
    "fanotify_init": call(300, 262, 0, 0),
    "inotify_init1": call(294, 26, 0),
    "timerfd_create": call(283, 85, 1, 0),
    "vmsplice": call(278, 75, 1, buffer, 1, 0),
    "mlockall": call(151, 230, 1),
    "shmat": call(30, 196, 0, 0, 0),
    "syslog": call(103, 116, 3, buffer, 10),
    "personality": call(135, 92, 0x400000),
    "arch_prctl": call(158, 1000, 0x1012, 0),
    "seccomp": call(317, 277, 1, 0, buffer),
    "rt_sigqueueinfo": call(129, 138, os.getppid(), 9, buffer),
    "mknodat": call(259, 33, -100, b"device", 0o60666, 0x800),
    "execveat": call(322, 281, -100, b"/bin/true", 0, 0, 0),
    "sendmsg": call(46, 211, 1, buffer, 0),
    "move_mount": call(429, 429, -1, b"/", -1, b"/", 0),
}}
print([name for name, result in found.items() if result != -1])
print([option for option in range(1, 80) if libc.prctl(option, 1, 0, 0, 0) != -1])
# TIOCSTI, TIOCLINUX, TIOCSCTTY and others, of terminals; locks, leases and larger pipes.
requests = (0x5412, 0x541C, 0x540E, 0x5423, 0x5414, 0x541D, 0x80045430, 0x1_0000_5412)
print([n for n in requests for file in range(3) if libc.ioctl(file, ctypes.c_ulong(n), buffer) != -1])
print([n for n in (*range(5, 40), *range(1024, 1030), *range(1031, 1040)) if libc.fcntl(1, n, 4096) != -1])
"""
    assert sandbox.run(program).output == "[]\n" * 4


def filters(pid: int) -> int:
    """How many filters of system calls a process has."""
    return int(re.search(r"Seccomp_filters:\t(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


def test_a_crash_reaches_no_crash_handler(sandbox):
    """The kernel gives the memory of a crashed process to the system's handler, unless it may not be dumped: what is
    shown of it in /proc is root's then."""
    assert sandbox.run("import ctypes\nctypes.string_at(0)").status == "failed"
    with sandbox.one_at_a_time:
        sandbox.ask("import time\ntime.sleep(1000)", 1, wall_seconds=9.0)
        owners: list[int] = []
        while not owners and not select.select([sandbox.process.stdout], [], [], 0)[0]:
            for pid in sandbox.jail_processes():
                with contextlib.suppress(FileNotFoundError):
                    if filters(pid) > filters(sandbox.process.pid):
                        owners.append(os.stat(f"/proc/{pid}/environ").st_uid)
                        os.kill(pid, 9)
        assert "limit" in sandbox.process.stdout.readline()
    assert owners == [0]


def test_what_it_holds_open(sandbox):
    """Its output alone: nothing in which it could say how it ended, but by ending."""
    program = """
import os
for file in range(3, 2000):
    try: os.write(file, b"\\0"); print(file)
    except OSError: pass
try: print(os.read(1, 10))
except OSError: os._exit(3)
"""
    assert (sandbox.run(program).status, sandbox.run(program).output) == ("failed", "")


def test_secrets_of_its_own_process(sandbox):
    program = """
import gc, os, sys
print(os.environ, sys.argv, sys.orig_argv)
for thing in gc.get_objects():
    if isinstance(thing, dict) and "A_SECRET" in thing: print(thing)
"""
    output = sandbox.run(program).output
    assert "environ(" in output and "secret" not in output.lower().replace("a_secret", "")


def test_becoming_another_user(sandbox):
    program = attempts("os.setuid(0)", "os.setgid(0)", "os.setgroups([0])", "os.setresuid(0, 0, 0)")
    ids = "import os\nprint(len({*os.getresuid()}), os.getuid() == 0)\n"
    assert sandbox.run(ids + program).output == "1 False\n"
