"""Sphinx configuration; `make docs` builds with every warning an error."""

from importlib.metadata import version as installed_version

project = "camvault"
author = "the camvault authors"
copyright = "2026, the camvault authors"
release = version = installed_version("camvault")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "camvault"

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_class_signature = "separated"
linkcheck_ignore = [r".*"]  # links to other sites are not asked for in CI; links inside are checked by the build
