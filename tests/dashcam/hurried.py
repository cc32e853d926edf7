"""camera_service with a hub that is looked at again sooner after it was switched; all else is as it is."""

from typing import Any

from camvault.adapters._shared.usb_switching import Patience

_init = Patience.__init__


def _sooner(self: Patience, **given: Any) -> None:
    _init(self, **{"recheck_s": 0.2, **given})


if __name__ == "__main__":
    Patience.__init__ = _sooner  # type: ignore[method-assign]
    from camvault.apps.camera_service import entry

    entry()
