"""Composition root, shared part: from a command's options class to a process with logs, signals and exit codes.

Imports point down: entry > resident, run > parse > flags > stage.
"""
