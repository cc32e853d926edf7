"""The dashcam box: what is configured, and how a configuration would decide."""
