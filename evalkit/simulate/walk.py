"""The homes of an atom, led from year to year: shocks, income, transfers, program, and the risk of the year to come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evalkit.simulate.chance import stream
from evalkit.simulate.columns import Table
from evalkit.simulate.composition import Counts, Homes, draw_homes
from evalkit.simulate.incomes import Knowledge, split
from evalkit.simulate.places import Places
from evalkit.simulate.risk import true_risk
from evalkit.simulate.shocks import SHOCKS, costs
from evalkit.stats.arrays import Array, Codes, Mask

if TYPE_CHECKING:
    from evalkit.simulate.households import HouseholdSimulation


@dataclass(slots=True)
class State:
    """Where the homes of an atom stand at the close of a year; `dibao` is granted a head for the next."""

    lasting: Array
    known: Array
    scar: Array
    dibao: Array
    enrolled: Mask
    insured: Mask
    dwelling: Mask
    water: Mask


class Setting(NamedTuple):
    """What does not change from atom to atom: the question, its places, the program's starts, an observer's knowledge."""

    spec: HouseholdSimulation
    places: Places
    starts: Codes
    knowledge: Knowledge


class Walk:
    """The years of one atom; `fixed` and `years` are the arrays it fills."""

    def __init__(self, setting: Setting, number: int, start: int, stop: int, fixed: Table, years: Table) -> None:
        self.spec, self.places, self.starts, self.knowledge = setting
        self.fixed, self.years = fixed, years
        seed = self.spec.seed
        self.homes: Homes = draw_homes(self.spec.extent, number, start, self.places.village_of(start, stop))
        self.incomes, self.hits, self.aid = (stream(seed, word, number) for word in ("incomes", "shocks", "help"))
        self.kinds, self.paid, self.living = (stream(seed, word, number) for word in ("kinds", "costs", "living"))
        self.county = self.places.county[self.homes.village]
        self.begins = self.starts[self.county]

    def run(self) -> Homes:
        """Fill the arrays, and give the homes."""
        base = self.spec.periods[0] - 1
        state, after = self._begin(base), self.homes.counts(base + 1)
        for at, year in enumerate(self.spec.periods):
            counts, after = after, self.homes.counts(year + 1)
            self._year(at, counts, state)
            self._close(at, year, after, state)
        return self.homes

    def _begin(self, base: int) -> State:
        """The baseline year: income as registered, and who was poor by it."""
        spec, homes, counts, many = self.spec, self.homes, self.homes.counts(base), len(self.homes)
        lasting = spec.process.first(self.incomes, many)
        seen = lasting + spec.process.passing(self.incomes, many)
        worn = spec.shocks.usual(spec.shocks.chances(homes, counts, self.places.hazard[homes.village]))
        market = np.exp(self._mean(counts, -1) + self.places.weather[homes.village, 0] - worn + seen)
        income = market + sum(spec.benefits.by_rule(homes, counts)) * spec.raise_at(-1) / counts.members
        line = spec.line_at(-1)
        noise = np.exp(0.15 * self.living.standard_normal(many))
        poor = income * noise < spec.registered * line
        rough = self.places.terrain[homes.village] == 2
        self.fixed["village"][:] = homes.village
        self.fixed["head_female"][:], self.fixed["head_schooling"][:] = homes.female[:, 0], homes.schooling
        self.fixed["resettled"][:], self.fixed["off_farm"][:], self.fixed["land"][:] = homes.resettled, homes.off_farm, homes.land
        self.fixed["formerly_poor"][:], self.fixed["baseline_income_pc"][:] = poor, income
        self.fixed["need"][:], self.fixed["program_start"][:] = np.nan, 0
        return State(
            lasting=lasting,
            known=self.knowledge.gain[0] * seen,
            scar=worn,
            dibao=spec.benefits.grant(self.aid, market, spec.line_at(0)),
            enrolled=np.zeros(many, dtype=bool),
            insured=self.living.random(many) < 0.985,
            dwelling=self.living.random(many) < 0.04 + 0.06 * poor,
            water=self.living.random(many) < 0.03 + 0.05 * rough,
        )

    def _mean(self, counts: Counts, at: int) -> Array:
        """ln level + g t + x'β + v."""
        return self.spec.process.expected(self.homes, counts, at) + self.places.effect[self.homes.village]

    def _year(self, at: int, counts: Counts, state: State) -> None:
        """One year: who is hit, what is earned, received and spent, and what an observer learns from it."""
        spec, homes, process, out, many = self.spec, self.homes, self.spec.process, self.years, len(self.homes)
        treated, price = state.enrolled.copy(), self.places.price[self.county, at]
        chances = spec.shocks.chances(homes, counts, self.places.hazard[homes.village])
        hit = spec.shocks.strike(self.hits, chances, self.places.struck[homes.village, at])
        state.scar = spec.shocks.scar(state.scar, hit)
        state.lasting = process.next(self.incomes, state.lasting)
        passing = process.passing(self.incomes, many)
        seen = state.lasting + passing
        effect = spec.program.effect * treated
        mean = self._mean(counts, at) + self.places.weather[homes.village, at + 1] - state.scar + effect
        market = np.exp(mean + seen)
        guess = process.memory * state.known
        state.known = guess + self.knowledge.gain[at + 1] * (seen - guess)
        self._pay(at, counts, hit, market, price, state)
        self._live(at, counts, hit, price, state)
        for name, column in zip(SHOCKS, hit, strict=True):
            out[name][:, at] = column
        truths = {"lasting": state.lasting, "passing": passing, "scar": state.scar, "program_effect": effect, "market_pc": market}
        for name, column in truths.items():
            out[name][:, at] = column
        out["treated"][:, at] = treated

    def _pay(self, at: int, counts: Counts, hit: Mask, market: Array, price: Array, state: State) -> None:
        """Income by kind and transfers, in yuan of the year, for the home as a whole."""
        out, members = self.years, counts.members
        worth = price * members
        kinds = split(self.kinds, market * worth, counts.workers > 0, self.homes.off_farm, hit[3])
        raised = self.spec.raise_at(at) * price
        by_rule = (np.round(amount * raised, 2) for amount in self.spec.benefits.by_rule(self.homes, counts))
        paid = dict(zip(("pension", "disability", "subsidy"), by_rule, strict=True))
        paid["dibao"] = np.round(state.dibao * worth, 2)
        transfer = np.round(sum(paid.values()), 2)
        income = np.round(kinds.wage + kinds.business + kinds.property + transfer, 2)
        line = self.spec.line_at(at) * price
        for name, column in {**kinds._asdict(), **paid, "transfer": transfer, "income": income}.items():
            out[name][:, at] = column
        out["income_pc"][:, at] = income / members
        out["line"][:, at], out["price"][:, at] = line, price
        out["poor"][:, at] = out["income_pc"][:, at] < line

    def _live(self, at: int, counts: Counts, hit: Mask, price: Array, state: State) -> None:
        """Composition, spending, schooling, insurance, dwelling and water."""
        out, own, many = self.years, self.living, len(self.homes)
        for name in ("members", "workers", "children", "elderly", "disabled", "chronic", "head_age"):
            out[name][:, at] = getattr(counts, name)
        out["students"][:, at] = counts.compulsory + counts.upper + counts.college
        u = own.random((5, many))
        state.insured = np.where(state.insured, u[0] >= 0.012, u[0] < 0.6)
        state.dwelling = np.where(hit[2], state.dwelling | (u[1] < 0.2), np.where(state.dwelling, u[1] >= 0.4, u[1] < 0.003))
        struck = self.places.struck[self.homes.village, at]
        state.water = np.where(state.water, u[2] >= 0.3, u[2] < 0.006 + 0.05 * struck)
        spent = costs(self.paid, counts, hit, state.insured)
        for name, column in spent._asdict().items():
            out[name][:, at] = np.round(column * price, 2)
        out["insured"][:, at], out["unsafe_dwelling"][:, at] = state.insured, state.dwelling
        out["unsafe_water"][:, at] = state.water
        out["dropout"][:, at] = (counts.compulsory > 0) & (u[3] < np.where(out["poor"][:, at], 0.012, 0.002))

    def _close(self, at: int, year: int, after: Counts, state: State) -> None:
        """The close of a year: grants and enrolment for the next, and the risk given all that is known by then."""
        spec, homes, out = self.spec, self.homes, self.years
        state.dibao = spec.benefits.grant(self.aid, out["market_pc"][:, at], spec.line_at(at + 1))
        self._enrol(at, year, state)
        out["granted"][:, at], out["enrolled"][:, at] = state.dibao > 0, state.enrolled
        sure = sum(spec.benefits.by_rule(homes, after)) * spec.raise_at(at + 1) / after.members + state.dibao
        mean = self._mean(after, at + 1) - spec.shocks.lasting * state.scar + spec.program.effect * state.enrolled
        variance = self.knowledge.before[at + 2] + spec.process.passing_sd**2 + spec.place_model.weather_sd**2
        out["true_risk"][:, at] = true_risk(
            spec.line_at(at + 1) - sure,
            mean + spec.process.memory * state.known,
            float(np.sqrt(variance)),
            spec.shocks.chances(homes, after, self.places.hazard[homes.village]),
            np.asarray(spec.shocks.effects, dtype=float),
        )

    def _enrol(self, at: int, year: int, state: State) -> None:
        """Who is enrolled at the close of the year before the program comes to a county."""
        here = self.begins == year + 1
        real = self.years["income_pc"][:, at] / self.years["price"][:, at]
        need = self.spec.program.need(self.aid, real, self.spec.line_at(at))
        chosen = self.spec.program.enrol(self.aid, need) & here
        self.fixed["need"][here] = need[here]
        self.fixed["program_start"][chosen] = year + 1
        state.enrolled |= chosen
