"""Room: retention."""
