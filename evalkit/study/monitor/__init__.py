"""A monitor as declared, run for a day."""
