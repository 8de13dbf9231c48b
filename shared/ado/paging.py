"""The ways Azure DevOps pages, as pure functions: what to ask first, where a page ends, what to ask next.

Tokens and links are opaque: a link in a reply is only searched for its token and never followed.
Source: https://learn.microsoft.com/rest/api/azure/devops/ (the parameters of each operation)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, urlsplit

from shared.errors import ContractError

Item = dict[str, Any]
Query = dict[str, str]
Body = Mapping[str, Any]
Headers = Mapping[str, str]
Mark = tuple[str | None, bool]
"""A page's continuation token, and whether it is the last page."""

CONTINUATION: Final = "continuationToken"
MAX_PAGES: Final = 100_000
"""More than any list we read has; a server that never ends is stopped here."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: ``items`` in Azure DevOps' order and shape, and the whole ``body`` they came in.

    ``token`` is the continuation token, for the reporting feeds also on the last page. ``headers`` has lower-case
    keys. ``last`` says that no further page follows.
    """

    items: list[Item]
    body: dict[str, Any]
    token: str | None
    last: bool
    headers: Headers


class Paging(Protocol):
    """A way to page."""

    def first(self, query: Query, /) -> Query:
        """The first request's query, made from the caller's."""
        ...

    def mark(self, items: list[Item], body: Body, headers: Headers, /) -> Mark:
        """What a reply says about going on. ``headers`` has lower-case keys."""
        ...

    def following(self, query: Query, page: Page, /) -> Query:
        """The query of the page after ``page``, which was asked with ``query`` and is not the last."""
        ...


@dataclass(frozen=True, slots=True)
class Single:
    """Everything in one reply."""

    def first(self, query: Query, /) -> Query:
        return query

    def mark(self, _items: list[Item], _body: Body, _headers: Headers, /) -> Mark:
        return None, True

    def following(self, _query: Query, _page: Page, /) -> Query:
        raise ContractError("a list without pages was asked for its second page", code="paging.none")


SINGLE: Final = Single()


@dataclass(frozen=True, slots=True)
class ContinuationHeader:
    """A token in the header ``x-ms-continuationtoken``; only its absence ends, a short or empty page does not.

    ``page_size`` is sent as ``$top`` on every page (with a token alone, refs fall back to 100), None where the
    operation has no such parameter or its own size is right.
    """

    page_size: int | None = None

    def first(self, query: Query, /) -> Query:
        return query if self.page_size is None else {"$top": str(self.page_size), **query}

    def mark(self, _items: list[Item], _body: Body, headers: Headers, /) -> Mark:
        token = headers.get("x-ms-continuationtoken") or None
        return token, token is None

    def following(self, query: Query, page: Page, /) -> Query:
        return {**query, CONTINUATION: page.token or ""}


@dataclass(frozen=True, slots=True)
class ContinuationBody:
    """The reporting feeds: ``continuationToken`` (older replies: only ``nextLink``) and ``isLastBatch`` in the body.

    An empty batch does not end it. The last batch carries a token too: asked again later with it, the feed tells
    what changed since. Raises ContractError where a batch that is not the last has no token.
    Source: https://learn.microsoft.com/rest/api/azure/devops/wit/reporting-work-item-revisions
    """

    def first(self, query: Query, /) -> Query:
        return query

    def mark(self, _items: list[Item], body: Body, _headers: Headers, /) -> Mark:
        token = body.get(CONTINUATION) or _token_in(body.get("nextLink"))
        last = body.get("isLastBatch") is True
        if not last and not token:
            raise ContractError("a reporting batch that is not the last has no token", code="paging.no_token")
        return (str(token) if token else None), last

    def following(self, query: Query, page: Page, /) -> Query:
        # A start time and a token exclude each other.
        return {name: value for name, value in query.items() if name != "startDateTime"} | {
            CONTINUATION: page.token or ""
        }


@dataclass(frozen=True, slots=True)
class SkipTop:
    """``$top`` and ``$skip``; an empty page ends.

    A short page does not end it: what the caller may not see is taken out after a page was cut, so a page may be
    short anywhere. That costs one request for each list that is not empty; ending early would lose rows.
    The next page begins after the rows that came, not after those that were asked for: where the server's own limit
    is lower than ``page_size`` nothing is lost, and rows that come twice do no harm.
    """

    page_size: int

    def first(self, query: Query, /) -> Query:
        return {"$top": str(self.page_size), "$skip": "0", **query}

    def mark(self, items: list[Item], _body: Body, _headers: Headers, /) -> Mark:
        return None, not items

    def following(self, query: Query, page: Page, /) -> Query:
        return {**query, "$skip": str(int(query["$skip"]) + len(page.items))}


@dataclass(frozen=True, slots=True)
class NextSkip:
    """The body says where the next page begins: ``nextSkip`` and ``nextTop``; absent or zero at the end."""

    page_size: int

    def first(self, query: Query, /) -> Query:
        return {"$top": str(self.page_size), "$skip": "0", **query}

    def mark(self, _items: list[Item], body: Body, _headers: Headers, /) -> Mark:
        skip = body.get("nextSkip") or None
        return (str(skip) if skip else None), skip is None

    def following(self, query: Query, page: Page, /) -> Query:
        return {**query, "$skip": page.token or "", "$top": str(page.body.get("nextTop") or query["$top"])}


def read_all(
    fetch: Callable[[Query], Page], paging: Paging, query: Query, max_pages: int = MAX_PAGES
) -> Iterator[Page]:
    """Every page, in order. ``fetch`` asks for one; its errors rise.

    Raises ContractError for a server that gives a token again (it would never end) or more than ``max_pages``.
    """
    query = paging.first(query)
    seen = {query.get(CONTINUATION)}
    for _ in range(max_pages):
        page = fetch(query)
        if not page.last and page.token is not None:
            if page.token in seen:
                raise ContractError("a list gave the same continuation token twice", code="paging.repeats")
            seen.add(page.token)
        yield page
        if page.last:
            return
        query = paging.following(query, page)
    raise ContractError(f"a list has more than {max_pages} pages", code="paging.endless")


def _token_in(link: object) -> str | None:
    if not isinstance(link, str):
        return None
    # A semicolon is part of the token ("842;5;3"), and separates nothing.
    return next(iter(parse_qs(urlsplit(link).query, separator="&").get(CONTINUATION, ())), None)
