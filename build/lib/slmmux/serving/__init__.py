"""A searched configuration as a model that answers questions: SLM-MUX for use, not for measuring."""
