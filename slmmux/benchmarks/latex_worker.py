"""The process that asks math-verify. It knows nothing of the rest; `latex.py` starts it and may lose it.

Read: one JSON list [reference, answer] a line. Written: one line each, "1" the same, "0" not.
First of all it writes "ready". Its arguments: processor seconds a comparison may take, bytes of memory.
"""

import json
import logging
import os
import resource
import signal
import sys
from functools import lru_cache


def main() -> None:
    seconds, memory = float(sys.argv[1]), int(sys.argv[2])
    # What a library prints must not be taken for a verdict.
    verdicts = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    logging.disable(logging.CRITICAL)
    from math_verify import parse, verify

    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    @lru_cache(maxsize=10_000)
    def parsed(text: str) -> tuple:
        # Its own timeout relies on a signal handler, which does not run inside a long multiplication.
        return tuple(parse(f"${text}$", parsing_timeout=None, raise_on_error=False))

    verdicts.write("ready\n")
    verdicts.flush()
    for line in sys.stdin:
        # No handler on purpose: this signal ends the process whatever it is doing.
        signal.setitimer(signal.ITIMER_PROF, seconds)
        reference, answer = json.loads(line)
        try:
            gold, given = list(parsed(reference)), list(parsed(answer))
            same = bool(gold and given and verify(gold, given, timeout_seconds=None, raise_on_error=False))
        except Exception:
            same = False
        signal.setitimer(signal.ITIMER_PROF, 0)
        verdicts.write("1\n" if same else "0\n")
        verdicts.flush()


if __name__ == "__main__":
    main()
