"""The dashcam box: what is configured, the life of a clip, what an offload will do, and how a configuration would decide."""
