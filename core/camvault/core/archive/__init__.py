"""Pure: the camera archive: names, pairs of clips and pictures, plans, life, records, and what it holds."""
