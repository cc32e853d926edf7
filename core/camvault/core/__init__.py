"""Core: policies (pure) and workflows (policies + ports). Reads no clock, no file and no environment variable."""
