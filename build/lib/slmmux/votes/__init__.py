"""Graded votes: the type, its file, and the law of a draw of k samples from a pool of n."""
