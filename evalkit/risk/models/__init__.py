"""The rungs of the ladder: rules, regressions and boosting that turn what was known of a home into a risk."""
