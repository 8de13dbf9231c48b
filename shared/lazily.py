"""Values that are made when they are first wanted, and kept."""

from __future__ import annotations

import functools
from typing import Any, Self, TypeVar, overload

T = TypeVar("T")


class cached_property(functools.cached_property[T]):  # noqa: N801 - named as what it stands for
    """``functools.cached_property`` without its lock, as it is from Python 3.12 on.

    Before, one lock was held for all instances of a class while a value was made: a slice that looks something up, in
    storage or in Azure DevOps, would hold up the same slice of every other integration. Two threads may make a value
    twice; the later one stays. Source: https://docs.python.org/3/library/functools.html#functools.cached_property
    """

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> T: ...

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Self | T:
        if instance is None:
            return self
        assert self.attrname is not None
        values = instance.__dict__
        if self.attrname not in values:
            values[self.attrname] = self.func(instance)
        value: T = values[self.attrname]
        return value
