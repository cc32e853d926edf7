"""Composition root, shared part: the parts of a dashcam box that `dashcam` does by hand, a module each."""
