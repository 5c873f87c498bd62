"""Units of measure: what a file says of a column in its header or its cells, against what the indicator is declared in."""

from __future__ import annotations

from evalkit.panel.checks.measure_words import times_off
from evalkit.panel.checks.observed import Observed
from evalkit.panel.findings import Finding


def contradicted(observed: Observed) -> list[Finding]:
    """Columns of indicators of which the file says that they are in another unit than the system declares."""
    findings = list[Finding]()
    for column, indicator in observed.asked.items():
        said = observed.said.get(column, "")
        if column in observed.frame and said and (times := times_off(said, indicator.unit)) != 1:
            factor = f"{max(times, 1 / times):,.6g}"
            findings.append(observed.found("unit_contradicts", column, found=said, unit=indicator.unit, factor=factor))
    return findings
