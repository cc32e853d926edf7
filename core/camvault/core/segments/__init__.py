"""Pure: segments of a continuous recording: their names, their life, and what is known of them."""
