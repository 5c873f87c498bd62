"""What is known of a home at an origin: every figure with the period it was known in."""
