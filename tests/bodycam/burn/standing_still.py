"""A command with limits of seconds where it has minutes, so that tests see a burner stand still.

`python -P FILE MODULE FLAG...` runs the command of that module; its flags and all the rest are those of the command.
"""

import runpy
import sys
from collections.abc import Callable

from camvault.adapters._shared import burning
from camvault.apps._assembly import stall_limit

WITH_SHORT_LIMITS = ("-P", __file__)


def main() -> None:
    """Run the command's module as a shell would."""
    at_least = stall_limit.stall_limit_of

    def from_one_second(least_s: int) -> Callable[[str], float]:
        return at_least(min(least_s, 1))

    stall_limit.stall_limit_of = from_one_second
    burning._GRACE_S = 0.5
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
