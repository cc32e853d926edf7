"""Room: stations."""
