"""Pure: whether recorders record, and what the operator is told."""
