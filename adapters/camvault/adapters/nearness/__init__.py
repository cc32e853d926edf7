"""Nearness of a server: does its port answer, or does the target know itself?"""

from camvault.adapters.nearness.target import TargetReach
from camvault.adapters.nearness.tcp import TcpReach

__all__ = ["TargetReach", "TcpReach"]
