"""Attributes that are made when they are first asked for, without the lock that `functools.cached_property` takes in Python 3.11.

Reading a small report asks for some thirty of them. Two threads that ask one object at the same time may both make the value: let
only immutable things, or things of one thread, have such attributes.
"""

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

T = TypeVar("T")


class lazy(Generic[T]):  # noqa: N801 used as a decorator, as `property` is
    """Turn a method into an attribute: called once, its value then stands in the instance's `__dict__`, where Python finds it first."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> Self | T:
        """Make the value and put it in its place."""
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._make(instance)
        return value
