"""Pure: bits in proportion to complexity^exponent, found by short samples and a closed loop over the batch."""

from camvault.core.capacity.complexity.closed_loop import next_actions
from camvault.core.capacity.complexity.corrections import FILL_MINIMUM
from camvault.core.capacity.complexity.estimate import COARSEST, stretches

__all__ = ["COARSEST", "FILL_MINIMUM", "next_actions", "stretches"]
