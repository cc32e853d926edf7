"""Workflow: continuous recording."""
