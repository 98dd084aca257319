"""Running Python that a model wrote, so that whatever it does stays inside."""

from slmmux.sandbox.run import Limits, Mode, Outcome, accept_mode, run_python
from slmmux.sandbox.seccomp import lone_filter

__all__ = ["Limits", "Mode", "Outcome", "accept_mode", "lone_filter", "run_python"]
