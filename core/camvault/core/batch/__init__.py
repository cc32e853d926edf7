"""Room: batch."""
