"""Stands for `slmmux`, `dvc` and `python -m analysis`: asks the server beside it to run the command, and ends as it
does. Any other `python` is the real one."""

import json
import os
import socket
import sys

MODULES = {"slmmux": "slmmux.cli", "dvc": "dvc.cli", "python": "analysis.__main__"}
name, here = os.path.basename(sys.argv[0]), os.path.dirname(sys.argv[0])
# What Python itself puts first on the path of modules.
path = os.environ.get("PYTHONPATH", "").split(os.pathsep)
words = sys.argv
if name == "python":
    if words[1:3] != ["-m", "analysis"]:
        os.execv(sys.executable, [sys.executable, *words[1:]])
    path, words = [os.getcwd(), *path], words[2:]
command = {
    "module": MODULES[name],
    "words": words,
    "folder": os.getcwd(),
    "environment": dict(os.environ),
    "path": list(filter(None, path)),
}
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
    server.connect(os.path.join(here, "socket"))
    socket.send_fds(server, [json.dumps(command).encode()], [0, 1, 2])
    sys.exit(int(server.recv(20)))
