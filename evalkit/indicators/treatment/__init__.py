"""What is done to figures before they are scored: missing values, outliers, denominators; every touched cell is recorded."""
