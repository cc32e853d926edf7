"""Composition root, private to `archive_report`: its figures as tables, charts, text, JSON and a page."""
