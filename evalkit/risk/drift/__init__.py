"""Whether a risk still means what it meant."""
