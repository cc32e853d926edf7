"""Adapter for jinja: the page as HTML. Everything that a name could hold is escaped; there is no script in it."""

import os
import stat
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from camvault.ports.errors import MissingToolError
from camvault.ports.pages import Chart, Page

MARK = "<!doctype html><!-- camvault report -->"
"""How each page begins: a file that does not is none of ours."""
_TEMPLATE = "page.html.j2"


def check_jinja() -> None:
    """Find out, without loading it, whether a page can be made.

    Raises:
        MissingToolError: Jinja2 is not installed.
    """
    if find_spec("jinja2") is None:
        raise MissingToolError("Jinja2", "the extra camvault[report]")


def page_text(page: Page, *, draw: Callable[[Chart], str]) -> str:
    """The file. `draw` makes an SVG element of a chart, safe as it is.

    Raises:
        MissingToolError: Jinja2 is not installed.
    """
    check_jinja()
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - an optional extra
    from markupsafe import Markup  # noqa: PLC0415

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["draw"] = lambda chart: Markup(draw(chart))  # noqa: S704 - what draws takes no text of a user
    return environment.get_template(_TEMPLATE).render(page=page, mark=Markup(MARK))  # noqa: S704 - a constant


def is_replaceable(path: Path) -> bool:
    """Whether a page may be written there: nothing is there, or an earlier page. No link is followed."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        return is_file and os.read(descriptor, len(MARK)) == MARK.encode()
    except OSError:
        return False
    finally:
        os.close(descriptor)
