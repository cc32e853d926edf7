"""Whether there is power for a camera, an offload, or the machine itself: readings, thresholds and states."""
