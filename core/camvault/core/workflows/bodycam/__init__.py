"""Workflow: body-cam to disc."""
