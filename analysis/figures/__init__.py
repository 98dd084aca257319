"""Figures of the results. A module in FIGURES has `figures(config)`: name of the figure → function that draws it.

It reads result files, returns nothing for what the study does not hold, and draws only when it is asked to.
"""

FIGURES = ("search", "scaling", "pool_size", "attribution", "gains", "subjects", "discussion")
