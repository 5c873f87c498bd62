"""One report a place, out of one assessment."""
