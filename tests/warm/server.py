"""Runs commands in processes forked from this one, which has imported their libraries and nothing of this project.

Command line: the path of the socket to listen at. Ends when its standard input does.
"""

import atexit
import gc
import importlib
import json
import os
import select
import socket
import sys
import traceback

LIBRARIES = [
    *("dvc.cli", "dvc.repo.reproduce", "dvc.commands.repro", "mlflow", "sqlalchemy", "optuna", "openai"),
    *("matplotlib.pyplot", "numpy", "pandas", "pyarrow.parquet", "pydantic", "reasoning_gym", "scipy.stats", "yaml"),
]


def next_command(path: str) -> dict:
    """What to run: returns in forked processes alone, with the standard streams of whoever asked."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    listener.listen()
    while listener in select.select([listener, sys.stdin], [], [])[0]:
        asked = listener.accept()[0]
        if os.fork() == 0:
            listener.close()
            return forked_command(asked)
        asked.close()
        collect(os.WNOHANG)
    collect(0)
    sys.exit()


def collect(how: int) -> None:
    """Wait for the processes that ended, or for all, so that their time counts as this process's."""
    try:
        while os.waitpid(-1, how)[0]:
            pass
    except ChildProcessError:
        pass


def forked_command(asked: socket.socket) -> dict:
    message, streams, *_ = socket.recv_fds(asked, 1 << 20, 3)
    command = os.fork()
    if command:
        asked.send(b"%d" % os.waitstatus_to_exitcode(os.waitpid(command, 0)[1]))
        os._exit(0)
    asked.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    return json.loads(message)


def run_and_end(command: dict) -> None:
    """Without Python's own end, which would write to every page of memory that the forked processes share."""
    code = 1
    try:
        code = run(**command)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def run(module: str, words: list[str], folder: str, environment: dict[str, str], path: list[str]) -> int:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = path
    sys.argv = words
    importlib.invalidate_caches()
    return importlib.import_module(module).main()


if __name__ == "__main__":
    # What the libraries made stays, and a command ends before it has left much: collecting takes a tenth of the time.
    gc.set_threshold(100_000)
    for library in LIBRARIES:
        importlib.import_module(library)
    gc.freeze()
    run_and_end(next_command(sys.argv[1]))
