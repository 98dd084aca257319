"""A reproduction of SLM-MUX (arXiv 2510.05077).

The folders follow the data: benchmarks (questions) → models, generation (samples) → votes →
orchestration → selection → theory, with tracking beside them. Importing the package imports
no engine and no tracking library.
"""

__version__ = "0.1.0"
