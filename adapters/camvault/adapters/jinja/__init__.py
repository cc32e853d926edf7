"""Adapter for Jinja: a report as one HTML file that needs nothing else. Needs `camvault[report]`."""

from camvault.adapters.jinja.page import MARK, check_jinja, is_replaceable, page_text

__all__ = ["MARK", "check_jinja", "is_replaceable", "page_text"]
