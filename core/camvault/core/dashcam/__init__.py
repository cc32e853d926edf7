"""The dashcam box: configuration, the life of a clip, the plan of an offload, and how a configuration would decide."""
