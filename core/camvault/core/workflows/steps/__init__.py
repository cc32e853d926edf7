"""Workflow, shared steps: what workflows of more than one kind do the same way."""
