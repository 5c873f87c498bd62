"""How answers look on paper: the only ink, the only writer."""
