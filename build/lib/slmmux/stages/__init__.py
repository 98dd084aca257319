"""Measured results: every method on the test split, with what was chosen on the validation split."""
