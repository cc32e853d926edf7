"""Adapter, shared part: what two or more adapters of outside tools need. It knows no tool."""
