"""Commands that start quickly, for tests that run dozens: each is a process of its own, forked from one that has
imported the libraries (tests/warm/server.py)."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

CODE = Path(__file__).parent / "warm"


@pytest.fixture(scope="session")
def warm_path():
    """A PATH on which `slmmux`, `dvc` and `python -m analysis` start quickly."""
    # The address of a socket is at most 107 bytes long.
    folder = Path(tempfile.mkdtemp(prefix="warm-"))
    for name in ("slmmux", "dvc", "python"):
        (folder / name).write_text(f"#!{sys.executable} -IS\n{(CODE / 'client.py').read_text()}")
        (folder / name).chmod(0o755)
    command = [sys.executable, "-P", "-W", "ignore", str(CODE / "server.py"), str(folder / "socket")]
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    server = subprocess.Popen(command, stdin=subprocess.PIPE, env=os.environ | threads)
    try:
        while not (folder / "socket").exists():
            assert server.poll() is None
            time.sleep(0.05)
        yield os.pathsep.join([str(folder), str(Path(sys.executable).parent), os.environ["PATH"]])
    finally:
        server.stdin.close()
        server.wait()
        shutil.rmtree(folder)
