"""Pure: bits where they buy most quality, or by complexity^exponent, by samples and a closed loop."""

from camvault.core.capacity.complexity.closed_loop import next_actions
from camvault.core.capacity.complexity.corrections import FILL_MINIMUM
from camvault.core.capacity.complexity.estimate import COARSEST, stretches
from camvault.core.capacity.complexity.measuring import measured_stretches, most_sampled_s

__all__ = ["COARSEST", "FILL_MINIMUM", "measured_stretches", "most_sampled_s", "next_actions", "stretches"]
