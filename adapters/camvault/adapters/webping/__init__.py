"""Adapter for services that expect a request for a URL now and then, such as healthchecks.io or Uptime Kuma."""

from camvault.adapters.webping.ping import WebPulse

__all__ = ["WebPulse"]
