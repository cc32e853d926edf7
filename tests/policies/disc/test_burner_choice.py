"""Which program burns."""

import pytest

from camvault.core.disc.burner_choice import BurnerTool, choose_burner
from camvault.core.workflows.bodycam.burn import BurnerChosen

DEVICE = "/dev/sr0"


class TestBurnerChoice:
    @pytest.mark.parametrize(
        ("device", "is_macos", "found", "wanted", "tool"),
        [
            ("stdio:/x", False, set(), None, BurnerTool.DISC_FILE),
            ("stdio:/x", True, set(), None, BurnerTool.DISC_FILE),
            (None, False, {BurnerTool.XORRISO, BurnerTool.GROWISOFS}, None, BurnerTool.XORRISO),
            (None, False, {BurnerTool.GROWISOFS}, None, BurnerTool.GROWISOFS),
            (DEVICE, False, {BurnerTool.XORRISO, BurnerTool.GROWISOFS}, BurnerTool.GROWISOFS, BurnerTool.GROWISOFS),
            (DEVICE, False, {BurnerTool.XORRISO}, BurnerTool.GROWISOFS, None),
            (DEVICE, False, set(), None, None),
            ("1", True, {BurnerTool.HDIUTIL, BurnerTool.XORRISO}, None, BurnerTool.HDIUTIL),
            ("1", True, {BurnerTool.XORRISO}, None, None),
        ],
    )
    def test_the_chosen_burner(
        self,
        device: str | None,
        is_macos: bool,
        found: set[BurnerTool],
        wanted: BurnerTool | None,
        tool: BurnerTool | None,
    ) -> None:
        """Always with a reason."""
        choice = choose_burner(device, is_macos=is_macos, found=found, wanted=wanted)
        assert choice.tool is tool
        assert choice.reason
        assert choice.reason in str(BurnerChosen("name", "device", choice.reason))
