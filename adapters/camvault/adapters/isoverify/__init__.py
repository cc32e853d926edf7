"""Adapter for disc images: the proof that an image holds what it should, by code that did not write it."""

from camvault.adapters.isoverify.verifier import BridgeVerifier, PycdlibVerifier

__all__ = ["BridgeVerifier", "PycdlibVerifier"]
