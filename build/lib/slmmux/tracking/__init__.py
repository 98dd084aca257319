"""Records of stage runs, and the same as MLflow runs."""
