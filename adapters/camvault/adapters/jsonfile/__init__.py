"""Adapter for JSON: documents in files, through a record store, which makes them durable."""

from camvault.adapters.jsonfile.documents import JsonDocuments

__all__ = ["JsonDocuments"]
