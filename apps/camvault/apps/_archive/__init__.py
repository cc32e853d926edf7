"""Composition root, private to the camera archive: its options, plan text, JSON, question, log and figures."""
