"""Apps: composition roots. Parse flags, build adapters, run one workflow, map the result to an exit code."""
