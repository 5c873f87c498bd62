"""Fifty persons who must not be found: their names, identity numbers, telephones and bank cards."""

from dataclasses import dataclass

FAMILY, GIVEN = "欧上司东皇尉公赫澹拓", "瑾瑜翀珩沅"


def checked(body: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(one) * weight for one, weight in zip(body, weights, strict=True)) % 11]


@dataclass(frozen=True)
class Person:
    """Someone who must not be found."""

    at: int

    @property
    def name(self) -> str:
        return f"{FAMILY[self.at // 5]}{GIVEN[self.at % 5]}{GIVEN[(self.at // 5 + self.at) % 5]}"

    @property
    def card(self) -> str:
        return checked(f"53010219{50 + self.at}0{1 + self.at % 9}{10 + self.at % 18}{100 + 7 * self.at}")

    @property
    def phone(self) -> str:
        return f"138{71000000 + 13579 * self.at:08d}"

    @property
    def bank(self) -> str:
        """A card of 19 digits whose last one is that of Luhn."""
        body = f"622848{100_000_000_000 + 7_654_321 * self.at:012d}"
        doubled = [int(one) * (2 if place % 2 == 0 else 1) for place, one in enumerate(reversed(body))]
        return body + str(-sum(one // 10 + one % 10 for one in doubled) % 10)


PEOPLE = [Person(at) for at in range(50)]
SECRETS = {
    **{f"name {one.at}": one.name for one in PEOPLE},
    **{f"card {one.at}": one.card for one in PEOPLE},
    **{f"phone {one.at}": one.phone for one in PEOPLE},
    **{f"bank {one.at}": one.bank for one in PEOPLE},
}
