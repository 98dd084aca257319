"""Running Python that a model wrote, so that whatever it does stays inside."""

from slmmux.sandbox.run import Limits, Outcome, output_of, run_python

__all__ = ["Limits", "Outcome", "output_of", "run_python"]
