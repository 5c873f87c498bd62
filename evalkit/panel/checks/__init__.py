"""What is looked at in the values of a panel: gaps, jumps, levels, copies, marks, and units of measure."""
