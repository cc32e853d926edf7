"""Pure: a batch of clips: its build directory, names, plan and record."""
