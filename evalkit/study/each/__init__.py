"""Many places at once: one assessment, then a report a place."""
