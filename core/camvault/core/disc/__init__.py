"""Room: disc."""
