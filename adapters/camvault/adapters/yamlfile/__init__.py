"""Adapter for ruamel.yaml: reads YAML 1.2, in which `off` is a text and a key that stands twice is an error."""

from camvault.adapters.yamlfile.read import read_yaml

__all__ = ["read_yaml"]
