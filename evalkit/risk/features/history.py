"""What a home went through: whether it was poor before, how long ago it left, and whether it has just left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.check import whole
from evalkit.risk.features.past import Dated, Past
from evalkit.risk.observed import a_name


@dataclass(frozen=True, slots=True, kw_only=True)
class PovertyHistory:
    """Poverty in earlier waves, as far as it was seen: the strongest single marker of return.

    Of a yes-or-no column it gives, looking back over `waves` waves before the newest known one: `poor_before`, the share of
    those seen in which the home was poor; `waves_since_exit`, how many waves ago it was last poor (`waves` + 1: not in any seen);
    `just_left`, whether it was poor in the wave right before the newest and is not in it; `waves_seen`, how many were seen. The
    first two are gaps where no earlier wave was seen, `just_left` where one of its two waves was not.

    Examples
    --------
    >>> PovertyHistory(poor="poor", waves=2).names
    ('poor_before', 'waves_since_exit', 'just_left', 'waves_seen')
    """

    poor: str = "poor"
    waves: int = 4
    prefix: str = ""
    theme: str = "history"

    def __post_init__(self) -> None:
        a_name(self.poor, who="the column of PovertyHistory")
        a_name(self.theme, who="the theme of PovertyHistory")
        whole(self.waves, who="the waves of PovertyHistory")

    @property
    def names(self) -> tuple[str, ...]:
        """The columns it makes."""
        return tuple(f"{self.prefix}{name}" for name in ("poor_before", "waves_since_exit", "just_left", "waves_seen"))

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns it reads."""
        return (self.poor,)

    def draw(self, past: Past) -> dict[str, Dated]:
        """Its figures at each origin."""
        past.homes.flags(self.poor)
        now = past.of(self.poor)
        before = [past.of(self.poor, back) for back in range(1, self.waves + 1)]
        x = np.stack([one.value for one in before])
        poor, seen = x == 1, ~np.isnan(x)
        count = seen.sum(axis=0)
        ago = np.where(poor.any(axis=0), poor.argmax(axis=0) + 1.0, self.waves + 1.0)
        share = np.divide(poor.sum(axis=0), count, out=np.full(len(count), np.nan), where=count > 0)
        left = np.where(np.isnan(now.value + x[0]), np.nan, (now.value == 0) & (x[0] == 1))
        found = (share, np.where(count > 0, ago, np.nan), left, count.astype(float))
        return {name: now.then(value, *before) for name, value in zip(self.names, found, strict=True)}
