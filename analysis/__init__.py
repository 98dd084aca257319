"""From results to tables, figures and verdicts."""
