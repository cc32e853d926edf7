"""Room: segments."""
