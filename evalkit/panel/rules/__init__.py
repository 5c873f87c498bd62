"""What a data file is held to: each rule with its id, how grave a breach is, how it is said and what to do."""
