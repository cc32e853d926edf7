"""Adapters: one outside tool each. They know ports, never core, never one another."""
