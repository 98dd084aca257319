"""Samples that others published, as votes: where the files come from, and one reader a format."""
