"""Adapter for Prometheus: figures in the text format, in a file that node exporter's textfile collector reads."""

from camvault.adapters.textfile.metrics import TextfileMetrics, exposition

__all__ = ["TextfileMetrics", "exposition"]
