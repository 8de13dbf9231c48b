"""ASP.NET Core route templates: parsing, matching and which of two matches wins.

Matching ignores case; a parameter takes one segment, ``{*rest}`` all that is left; a failed constraint is no match. The
literal comes before the constrained parameter, then the parameter, then the catch-all, segment by segment.
Source: https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar
from urllib.parse import unquote

from local.host.constraints import Constraint, parse_constraint

T = TypeVar("T")

_PARAMETER_NAME: Final = re.compile(r"[^/{}*?:=]+")
_LITERAL, _CONSTRAINED, _FREE, _CONSTRAINED_REST, _FREE_REST = range(1, 6)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One ``{...}`` of a template."""

    name: str
    constraints: tuple[Constraint, ...] = ()
    default: str | None = None
    optional: bool = False
    catch_all: bool = False

    def accepts(self, value: str) -> bool:
        return all(constraint(value) for constraint in self.constraints)


@dataclass(frozen=True, slots=True)
class Segment:
    """What one path segment must look like: literals and parameters in turn. One group of ``pattern`` a parameter."""

    pattern: re.Pattern[str]
    parameters: tuple[Parameter, ...]

    @property
    def rank(self) -> int:
        if not self.parameters:
            return _LITERAL
        constrained = any(parameter.constraints for parameter in self.parameters)
        if self.parameters[0].catch_all:
            return _CONSTRAINED_REST if constrained else _FREE_REST
        whole = self.pattern.pattern == "(.+)"
        return _CONSTRAINED if constrained or not whole else _FREE

    @property
    def may_be_absent(self) -> bool:
        if len(self.parameters) != 1 or self.pattern.pattern != "(.+)":
            return False
        [parameter] = self.parameters
        return parameter.optional or parameter.catch_all or parameter.default is not None


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed route template."""

    segments: tuple[Segment, ...]

    @property
    def precedence(self) -> tuple[int, ...]:
        return tuple(segment.rank for segment in self.segments)

    def match(self, parts: list[str]) -> dict[str, str] | None:
        """The parameters' values for decoded path segments, without absent ones; None where the path is another."""
        values: dict[str, str] = {}
        for index, segment in enumerate(self.segments):
            if segment.parameters and segment.parameters[0].catch_all:
                return _take(values, segment.parameters[0], "/".join(parts[index:]))
            if index >= len(parts):
                if not segment.may_be_absent:
                    return None
                if _take(values, segment.parameters[0], "") is None:
                    return None
                continue
            found = segment.pattern.fullmatch(parts[index])
            if not found:
                return None
            for parameter, value in zip(segment.parameters, found.groups(), strict=True):
                if _take(values, parameter, value) is None:
                    return None
        return values if len(parts) <= len(self.segments) else None


def _take(values: dict[str, str], parameter: Parameter, value: str) -> dict[str, str] | None:
    if not value:
        if parameter.default is not None:
            values[parameter.name] = parameter.default
        return values
    if not parameter.accepts(value):
        return None
    values[parameter.name] = value
    return values


def parse_template(text: str) -> Template:
    """A template such as ``items/{id:int}/{*rest}``. Raises ValueError where ASP.NET Core refuses it."""
    segments = [_segment(part) for part in _split(text.strip("/"))]
    names = [parameter.name.lower() for segment in segments for parameter in segment.parameters]
    if len(names) != len(set(names)):
        raise ValueError(f"route {text!r}: a parameter name occurs twice")
    for segment, following in itertools.pairwise(segments):
        if any(parameter.catch_all for parameter in segment.parameters):
            raise ValueError(f"route {text!r}: a catch-all must come last")
        if any(parameter.optional for parameter in segment.parameters) and not following.may_be_absent:
            raise ValueError(f"route {text!r}: only optional parts may follow an optional parameter")
    return Template(tuple(segments))


def _split(text: str) -> list[str]:
    """At slashes outside braces: a regex constraint may hold one."""
    parts, depth = [""], 0
    for character in text:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "/" and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    if depth or ("" in parts and text):
        raise ValueError(f"route {text!r}: braces do not match, or a segment is empty")
    return parts if text else []


def _segment(text: str) -> Segment:
    pattern, parameters, at = "", [], 0
    while at < len(text):
        if text[at] != "{":
            end = text.find("{", at)
            end = len(text) if end < 0 else end
            pattern += re.escape(text[at:end])
        else:
            end = _closing(text, at) + 1
            parameters.append(_parameter(text[at + 1 : end - 1]))
            pattern += "(.+)"
        at = end
    if pattern != "(.+)" and any(parameter.optional or parameter.catch_all for parameter in parameters):
        raise ValueError(f"route segment {text!r}: an optional parameter or a catch-all must be the whole segment")
    return Segment(re.compile(pattern, re.IGNORECASE | re.DOTALL), tuple(parameters))


def _closing(text: str, at: int) -> int:
    depth = 0
    for index in range(at, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return index
    raise ValueError(f"route segment {text!r}: braces do not match")


def _parameter(text: str) -> Parameter:
    catch_all = text.startswith("*")
    name_match = _PARAMETER_NAME.match(text.lstrip("*"))
    if not name_match:
        raise ValueError(f"route parameter {{{text}}} has no name")
    rest = text.lstrip("*")[name_match.end() :]
    optional = rest.endswith("?")
    rest = rest.removesuffix("?")
    default = None
    # A default comes last; an equals sign within parentheses belongs to a regex.
    if (sign := rest.rfind("=")) > rest.rfind(")"):
        rest, default = rest[:sign], rest[sign + 1 :]
    constraints = tuple(parse_constraint(part) for part in _constraints(rest))
    return Parameter(name_match[0], constraints, default, optional, catch_all)


def _constraints(text: str) -> list[str]:
    """``:int:min(1)`` at the colons outside parentheses."""
    parts: list[str] = []
    depth = 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == ":" and depth == 0:
            parts.append("")
        elif not parts:
            raise ValueError(f"route parameter ends in {text!r}")
        else:
            parts[-1] += character
    return parts


def split_path(raw_path: str) -> list[str]:
    """Decoded segments of a raw URL path. Kestrel leaves an encoded slash encoded; one slash at the end is ignored."""
    path = raw_path.removeprefix("/").removesuffix("/")
    if not path:
        return []
    return [unquote(re.sub("%2f", lambda m: "%25" + m[0][1:], part, flags=re.IGNORECASE)) for part in path.split("/")]


class Router(Generic[T]):
    """Finds the entry for a method and a path among many."""

    def __init__(self, entries: Iterable[tuple[str, frozenset[str], T]]) -> None:
        """``entries``: (template, methods in capitals or empty for all, what to return); earlier ones win ties."""
        routes = [(parse_template(template), methods, entry) for template, methods, entry in entries]
        self._routes = sorted(routes, key=lambda route: route[0].precedence)

    def find(self, method: str, raw_path: str) -> tuple[T, dict[str, str]] | None:
        """The entry and its route parameters; None where nothing matches, be it path, constraint or method."""
        parts = split_path(raw_path)
        for template, methods, entry in self._routes:
            if methods and method not in methods:
                continue
            values = template.match(parts)
            if values is not None:
                return entry, values
        return None
