"""Records brought to the homes they are about, by keys alone; the register of homes and members as known on a day."""
