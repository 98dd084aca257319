"""The process of one program, inside the sandbox: load the program, then call its function as often as asked.

Requests and replies are lines of JSON on two pipes. The program can reach nothing else: it holds no other open file,
its filter of system calls refuses processes and signals, and who compares its results stands in another process.
So all that it can do to its reply is to reply something else.
"""

import __future__

import ast
import ctypes
import hashlib
import json
import os
import signal
import sys
import types
from collections.abc import Callable

from slmmux.benchmarks import program_surroundings
from slmmux.benchmarks.program_calls import install
from slmmux.benchmarks.program_meter import MODULE, Meter, OverBudget
from slmmux.benchmarks.program_rewriting import Metering
from slmmux.benchmarks.program_values import packed, plain, unpacked

# As many calls inside each other as a program of its own has, and what stands below them in it.
_CALLS = 1000 + 32
SET_SECCOMP, FILTER = 22, 2
REFUSED = ("os.kill", "os.killpg", "os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.spawn", "os.system")


class FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def serve(program: str, entry_point: str, settings: dict, requests: int, replies: int) -> None:
    """Load the program and answer requests until there are no more. Ends early where the program ends itself."""
    leave_others_alone(bytes.fromhex(settings["filter"]))
    meter = Meter(**settings["budgets"])
    asked = os.fdopen(requests, "rb")
    write = os.write

    def reply(*data) -> None:
        text = memoryview(json.dumps(data).encode() + b"\n")
        while text:
            text = text[write(replies, text) :]

    try:
        statements = prepare(program)
        program_surroundings.fix()
        install(meter)
        bound_recursion(settings["depth"])
        names = load(statements, meter)
        restart(meter)
        for line in asked:
            kind, data = json.loads(line)
            if kind == "call":
                name, *arguments = data
                returned(names[name], arguments, meter, reply)
            else:
                observed(names[entry_point], data, meter, reply)
    except MemoryError:
        reply("memory")


def returned(function: Callable, data: list, meter: Meter, reply: Callable) -> None:
    """Reply with the value that the function returns within the budgets."""
    positional, named = data
    arguments, options = [unpacked(a) for a in positional], {name: unpacked(a) for name, a in named.items()}
    meter.restart()
    try:
        result = function(*arguments, **options)
        over = meter.over
        meter.restart()
        value = packed(result, meter.step)
    except MemoryError:
        raise
    except (Exception, OverBudget):
        reply("failed")
        return
    if over or meter.over:
        reply("failed")
    else:
        reply("value", value)


def observed(function: Callable, text: str, meter: Meter, reply: Callable) -> None:
    """Reply with a digest of the value on these arguments, the Python text of a tuple."""
    restart(meter)
    try:
        output = json.dumps(plain(function(*eval(text)), meter.step))
    except MemoryError:
        raise
    except (Exception, OverBudget):
        reply("slow" if meter.over else "failed")
        return
    if meter.over:
        reply("slow")
    else:
        reply("output", hashlib.sha256(output.encode()).hexdigest())


def leave_others_alone(rules: bytes) -> None:
    """Refuse signals and new processes: others stand beside the program, and more come after it. Threads may be."""

    def hook(event: str, arguments: tuple) -> None:
        if event in REFUSED or event.startswith("subprocess."):
            raise PermissionError(f"{event} is not permitted")

    if hasattr(signal, "pidfd_send_signal"):
        del signal.pidfd_send_signal
    # The hook gives an error that Python knows; the filter holds against what calls the system itself.
    sys.addaudithook(hook)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
    filter_program = FilterProgram(len(rules) // 8, rules)
    if libc.prctl(SET_SECCOMP, FILTER, ctypes.addressof(filter_program), 0, 0):
        os._exit(1)


def bound_recursion(depth: int) -> None:
    """As many calls inside each other as a program has by default, and at most `depth` where it asks for more."""
    below, frame = 0, sys._getframe()
    while frame := frame.f_back:  # type: ignore[assignment]
        below += 1
    set_limit = sys.setrecursionlimit
    set_limit(below + _CALLS)
    sys.setrecursionlimit = lambda limit: set_limit(below + max(100, min(limit, depth)))


def prepare(program: str) -> list[types.CodeType]:
    """The program's top-level statements, rewritten for the meter."""
    tree, flags, statements = ast.parse(program), 0, []
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            for name in statement.names:
                flags |= getattr(__future__, name.name).compiler_flag
        else:
            statements.append(Metering().rewrite(ast.Module([statement], [])))
    return [compile(s, "solution.py", "exec", flags=flags, dont_inherit=True) for s in statements]


def load(statements: list[types.CodeType], meter: Meter) -> dict:
    """The names that the program defines. It is not the main module, so that no demonstration of its use runs.

    A statement that fails is left out: a demonstration, a wrong assertion or an exit is no fault of the
    function beside it. Nothing is run behind a statement that exceeds a budget.
    """
    module = sys.modules[MODULE] = types.ModuleType(MODULE)
    # To end the process at once is to exit here, too.
    end_process, os._exit = os._exit, sys.exit  # type: ignore[assignment]
    for statement in statements:
        try:
            exec(statement, module.__dict__)
        except MemoryError:
            raise
        except BaseException:
            pass
        if meter.over:
            break
    os._exit = end_process
    return module.__dict__


def restart(meter: Meter) -> None:
    meter.restart()
    program_surroundings.restart()
