"""Composition root, shared part: the files that a dashcam box is set up with, shipped as they are."""
