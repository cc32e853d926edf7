"""Pure: images and discs: labels, contents, builders, burners and verdicts."""
