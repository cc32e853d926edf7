"""Adapter for ffmpeg: small archives of clips, each proven against its source."""
