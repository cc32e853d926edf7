"""Room: capacity."""
