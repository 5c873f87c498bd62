"""Rules of early warning as data: seven kinds, thresholds by county, each with its source."""
