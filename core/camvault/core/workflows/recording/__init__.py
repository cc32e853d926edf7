"""Room: recording."""
