"""How well a risk ranks, and how far its probabilities can be taken at their word."""
