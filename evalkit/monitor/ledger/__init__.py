"""The ledger of cases: stages, changes in sealed segments, states as known on a day, and when a risk may be closed."""
