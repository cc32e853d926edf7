"""Adapter for Matplotlib: charts as SVG, to be put into a page, and pictures of their own. Needs `camvault[report]`.

No text of a user gets into a picture: names of cameras stand beside it, in the page.
"""

from camvault.adapters.matplotlib.charts import check_matplotlib, drawn
from camvault.adapters.matplotlib.power import drawn_power

__all__ = ["check_matplotlib", "drawn", "drawn_power"]
