"""Composition root, shared part: the body-cam pipeline, put together from its four stages."""
