"""A choice in a study file: the name of a method, and the options that this method takes and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, ClassVar

from pydantic import model_validator

from evalkit.errors import SpecError, did_you_mean
from evalkit.panel.form import Form, given


class Choice(Form):
    """A table with a `method` and its options, or the method alone as a word; `METHODS` says which spec each method is.

    An option that the method does not take is refused, and so is a value that the spec refuses, each with its line.
    """

    METHODS: ClassVar[Mapping[str, Callable[..., Any]]] = {}

    method: str

    @model_validator(mode="before")
    @classmethod
    def _a_word(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"method": value}
        if isinstance(value, dict | Choice):
            return value
        raise ValueError(f"name a method, as a word or as {{ method = … }}, not {given(value)}")

    @model_validator(mode="after")
    def _fits(self) -> Choice:
        if self.method not in self.METHODS:
            methods = ", ".join(self.METHODS)
            raise ValueError(f"'{self.method}' is no method; use one of {methods}{_hint(self.method, self.METHODS)}")
        known = self.options()
        strange = sorted(self._given - known)
        if strange:
            takes = f"takes {', '.join(sorted(known))}" if known else "takes no option"
            raise ValueError(f"'{strange[0]}' is no option of method '{self.method}', which {takes}{_hint(strange[0], known)}")
        try:
            self.checked()
        except SpecError as wrong:
            raise ValueError(wrong) from None
        return self

    def checked(self) -> None:
        """Refuse values that the spec refuses."""
        self.build()

    def build(self, *context: Any) -> Any:
        """The spec it names; choices inside it are built too, with the same context."""
        return self.METHODS[self.method](**{name: _built(getattr(self, name), context) for name in sorted(self._given)})

    def options(self) -> set[str]:
        """The options the method takes."""
        spec = self.METHODS[self.method]
        taken = {field.name for field in fields(spec)} if is_dataclass(spec) else set[str]()
        return taken & set(type(self).model_fields)

    @property
    def _given(self) -> set[str]:
        """The options that are written in the file."""
        return {name for name in self.model_fields_set if name != "method" and getattr(self, name) is not None}


def _built(value: Any, context: tuple[Any, ...]) -> Any:
    if isinstance(value, Choice):
        return value.build(*context)
    if isinstance(value, tuple):
        return tuple(_built(one, context) for one in value)
    return {key: _built(one, context) for key, one in value.items()} if isinstance(value, dict) else value


def _hint(name: str, known: Iterable[str]) -> str:
    near = did_you_mean(name, known)
    return f". {near}" if near else ""
