"""Workflows of the dashcam: clips from the card to staging, from there to the server, as far as the power allows."""
