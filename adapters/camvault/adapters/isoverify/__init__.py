"""Adapter for pycdlib: the proof that an image holds what it should, by code that did not write it."""

from camvault.adapters.isoverify.verifier import PycdlibVerifier

__all__ = ["PycdlibVerifier"]
