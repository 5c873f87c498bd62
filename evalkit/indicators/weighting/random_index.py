"""Random indices: the mean consistency index of judgements made at random, by which a consistency index is divided."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.errors import SpecError
from evalkit.terms import Text


@dataclass(frozen=True, slots=True)
class RandomIndex:
    """A published table of random indices; `values` are those of matrices of 3, 4, … items.

    Two items cannot contradict each other: their index is 0.

    Examples
    --------
    >>> SAATY_1980.of(2), SAATY_1980.of(3), ALONSO_LAMATA_2006.of(3)
    (0.0, 0.58, 0.5247)
    """

    name: Text
    source: str
    values: tuple[float, ...]

    def of(self, size: int) -> float:
        """The random index of a matrix of `size` items."""
        if size < 3:
            return 0.0
        if size > self.largest:
            raise SpecError(
                f"the random indices of {self.name.en} end at {self.largest} items",
                found=f"{size} items",
                do="compare the items in groups: dimensions first, then the indicators of each",
            )
        return self.values[size - 3]

    @property
    def largest(self) -> int:
        """The most items it knows."""
        return len(self.values) + 2


SAATY_1980 = RandomIndex(
    Text("Saaty（1980）", "Saaty (1980)"),
    "Saaty (1980), The Analytic Hierarchy Process, New York: McGraw-Hill",
    (0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59),
)
SAATY_2005 = RandomIndex(
    Text("Saaty（2005）", "Saaty (2005)"),
    "Saaty (2005), Theory and Applications of the Analytic Network Process, Pittsburgh: RWS Publications, p. 31",
    (0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49, 1.52, 1.54, 1.56, 1.58, 1.59),
)
DONEGAN_DODD_1991 = RandomIndex(
    Text("Donegan 与 Dodd（1991）", "Donegan & Dodd (1991)"),
    "Donegan & Dodd (1991), A note on Saaty's random indexes, Mathematical and Computer Modelling 15(10):135–137",
    (0.4914, 0.8286, 1.0591, 1.1797, 1.2519, 1.3171, 1.3733, 1.4055, 1.4213, 1.4497, 1.4643, 1.4822, 1.4969),
)
TUMMALA_LING_1998 = RandomIndex(
    Text("Tummala 与 Ling（1998）", "Tummala & Ling (1998)"),
    "Tummala & Ling (1998), A note on the computation of the mean random consistency index of the analytic hierarchy process, "
    "Theory and Decision 44:221–230",
    (0.5799, 0.8921, 1.1159, 1.2358, 1.3322, 1.3952, 1.4537, 1.4882, 1.5117, 1.5356, 1.5571, 1.5714, 1.5831),
)
ALONSO_LAMATA_2006 = RandomIndex(
    Text("Alonso 与 Lamata（2006）", "Alonso & Lamata (2006)"),
    "Alonso & Lamata (2006), Consistency in the analytic hierarchy process: a new approach, International Journal of "
    "Uncertainty, Fuzziness and Knowledge-Based Systems 14(4):445–459",
    (0.5247, 0.8816, 1.1086, 1.2479, 1.3417, 1.4057, 1.4499, 1.4854, 1.5140, 1.5365, 1.5551, 1.5713, 1.5838),
)
RANDOM_INDICES = {
    "saaty_1980": SAATY_1980,
    "saaty_2005": SAATY_2005,
    "donegan_dodd_1991": DONEGAN_DODD_1991,
    "tummala_ling_1998": TUMMALA_LING_1998,
    "alonso_lamata_2006": ALONSO_LAMATA_2006,
}
