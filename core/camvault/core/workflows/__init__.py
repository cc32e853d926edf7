"""Workflow: policies and ports put together, one job a module."""
