"""Composition root, shared part: what builds the adapters that more than one command needs."""
