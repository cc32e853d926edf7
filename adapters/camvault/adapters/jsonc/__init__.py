"""Adapter for json5: reads JSON with comments and trailing commas, as configuration files have them."""

from camvault.adapters.jsonc.read import parse_jsonc, read_jsonc

__all__ = ["parse_jsonc", "read_jsonc"]
