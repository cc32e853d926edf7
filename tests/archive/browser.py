"""A page in headless Chromium: what somebody sees of it, on a phone and on a desk, by day and by night."""

import html
import json
import subprocess
from pathlib import Path
from typing import Any

_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
_LOOK = """
const shown = {};
for (const frame of document.querySelectorAll("iframe")) {
  const page = frame.contentDocument, own = frame.contentWindow, tables = {}, bars = [];
  for (const details of page.querySelectorAll("details")) details.open = true;
  for (const table of page.querySelectorAll("table"))
    tables[table.id] = [...table.tBodies[0].rows].map(row => [...row.cells].map(cell =>
      ({text: cell.innerText, exact: cell.dataset.exact === undefined ? null : Number(cell.dataset.exact),
        isSeen: cell.getClientRects().length > 0})));
  for (const path of page.querySelectorAll("[data-chart=chart-weeks] path")) {
    const colour = /var\\(--c(\\d)\\)/.exec(path.getAttribute("style"));
    if (colour) bars.push({series: Number(colour[1]), x: path.getBBox().x, height: path.getBBox().height,
      fill: own.getComputedStyle(path).fill});
  }
  shown[frame.id] = {
    tables, bars, title: page.title,
    widest: page.documentElement.scrollWidth,
    paper: own.getComputedStyle(page.body).backgroundColor,
    ink: own.getComputedStyle(page.body).color,
    smallest: Math.min(...[...page.querySelectorAll("svg text")].map(text => text.getBoundingClientRect().height)),
    keys: [...page.querySelectorAll("[data-chart=chart-weeks] .key li")].map(item => item.innerText),
    charts: [...page.querySelectorAll("figure")].map(figure => figure.querySelector("figcaption").innerText),
    warnings: [...page.querySelectorAll("[data-warning]")].map(each => each.innerText),
    foreign: page.querySelectorAll("script, img, iframe, link, object, embed, form, a").length,
    loaded: own.performance.getEntriesByType("resource").length,
  };
}
document.body.innerHTML = "<pre id=shown></pre>";
document.getElementById("shown").textContent = JSON.stringify(shown);
"""


def seen(page: str, folder: Path, *, is_dark: bool) -> dict[str, Any]:
    """What Chromium shows of a page, by "phone" (390 pixels wide) and "desk" (1200)."""
    folder.mkdir()
    frames = "".join(
        f'<iframe id="{name}" style="width:{width}px;height:900px;border:0" srcdoc="{html.escape(page)}"></iframe>'
        for name, width in (("phone", 390), ("desk", 1200))
    )
    around = folder / "around.html"
    around.write_text(
        "<!doctype html><meta charset=utf-8><body>"
        f"{frames}<script>addEventListener('load', () => {{{_LOOK}}})</script>",
        encoding="utf-8",
    )
    scheme = f"--blink-settings=preferredColorScheme={0 if is_dark else 1}"
    argv = ("chromium", *_FLAGS, scheme, f"--user-data-dir={folder / 'profile'}", "--dump-dom", around.as_uri())
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=300)
    text = done.stdout.partition('<pre id="shown">')[2].partition("</pre>")[0]
    return dict(json.loads(html.unescape(text)))
