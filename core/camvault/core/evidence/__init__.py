"""Pure: what a disc carries so that a stranger proves it, repairs it, and reads where each clip came from."""
