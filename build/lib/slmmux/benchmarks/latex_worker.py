"""The process that asks math-verify. It knows nothing of the rest; `latex.py` starts it and may lose it.

Read: one JSON list a line, [text] to be read or [reference, answer] to be compared. Written: one line each, "1" for
read or the same, "0" for unreadable or not the same. First of all it writes "ready". Its arguments: processor
seconds a line may take, bytes of memory.
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
        texts = json.loads(line)
        try:
            found = [list(parsed(text)) for text in texts]
            right = all(found)
            if right and len(found) == 1:
                # Most expressions that hang do so where they are compared, be it with themselves in other words.
                verify(found[0], list(parsed(f"{texts[0]}+0")), timeout_seconds=None, raise_on_error=False)
            elif right:
                right = bool(verify(found[0], found[1], timeout_seconds=None, raise_on_error=False))
        except Exception:
            right = False
        signal.setitimer(signal.ITIMER_PROF, 0)
        verdicts.write("1\n" if right else "0\n")
        verdicts.flush()


if __name__ == "__main__":
    main()
