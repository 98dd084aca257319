"""Running Python that a model wrote, so that whatever it does stays inside."""

from slmmux.sandbox.run import Limits, Mode, Outcome, accept_mode, output_of, run_python

__all__ = ["Limits", "Mode", "Outcome", "accept_mode", "output_of", "run_python"]
