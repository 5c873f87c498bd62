"""Whether a model was told what it could not know, looked for at the door: one rule a way of being told."""
