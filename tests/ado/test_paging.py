"""Every way to page yields every item once and in order, and ends."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ado.paging import (
    SINGLE,
    ContinuationBody,
    ContinuationHeader,
    NextSkip,
    Page,
    Paging,
    Query,
    SkipTop,
    read_all,
)
from shared.errors import ContractError


def _page(paging: Paging, items: list[dict[str, Any]], body: dict[str, Any], headers: dict[str, str]) -> Page:
    token, last = paging.mark(items, body, headers)
    return Page(items=items, body=body, token=token, last=last, headers=headers)


class Server:
    """Holds ``items`` and pages them as Azure DevOps does; never gives more than ``most`` on a page."""

    def __init__(self, items: list[int], paging: Paging, most: int) -> None:
        self.items = [{"n": n} for n in items]
        self.paging = paging
        self.most = most
        self.asked: list[Query] = []

    def __call__(self, query: Query) -> Page:
        self.asked.append(query)
        assert len(self.asked) <= len(self.items) + 2, "it does not end"
        start = int(query.get("continuationToken") or query.get("$skip") or 0)
        size = min(int(query.get("$top", self.most)), self.most)
        rows = self.items if self.paging is SINGLE else self.items[start : start + size]
        after = start + len(rows)
        more = after < len(self.items)
        return _page(self.paging, rows, *self._envelope(str(after), more))

    def _envelope(self, token: str, more: bool) -> tuple[dict[str, Any], dict[str, str]]:
        match self.paging:
            case ContinuationHeader():
                return {}, {"x-ms-continuationtoken": token} if more else {}
            case ContinuationBody():
                return {"continuationToken": token, "isLastBatch": not more}, {}
            case NextSkip():
                return {"nextSkip": int(token), "nextTop": self.most} if more else {}, {}
        return {}, {}


FORMS = st.one_of(
    st.just(SINGLE),
    st.just(ContinuationHeader()),
    st.builds(ContinuationHeader, st.integers(1, 120)),
    st.just(ContinuationBody()),
    st.builds(SkipTop, st.integers(1, 120)),
    st.builds(NextSkip, st.integers(1, 120)),
)


@given(items=st.lists(st.integers(), unique=True, max_size=60), most=st.integers(1, 120), paging=FORMS)
def test_paging_yields_every_item_once_and_in_order(items, most, paging):
    server = Server(items, paging, most)
    pages = list(read_all(server, paging, {}))
    assert [item["n"] for page in pages for item in page.items] == items
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]


@given(
    items=st.lists(st.integers(), unique=True, max_size=60),
    hidden=st.sets(st.integers(0, 59)),
    page_size=st.integers(2, 20),
)
def test_a_page_made_short_by_permissions_loses_nothing(items, hidden, page_size):
    """What the caller may not see is taken out after the page was cut; pages that are empty for that alone end it."""

    def fetch(query: Query) -> Page:
        skip, top = int(query["$skip"]), int(query["$top"])
        rows = [{"n": n} for i, n in enumerate(items) if skip <= i < skip + top and i not in hidden]
        return _page(paging, rows, {}, {})

    paging = SkipTop(page_size)
    runs = "".join("h" if i in hidden else "." for i in range(len(items)))
    read = [item["n"] for page in read_all(fetch, paging, {}) for item in page.items]
    if "h" * page_size not in runs:
        assert set(read) == {n for i, n in enumerate(items) if i not in hidden}


@given(most=st.integers(1, 10))
def test_an_empty_page_with_a_token_does_not_end(most):
    tokens = iter([*map(str, range(most)), None])

    def fetch(_query: Query) -> Page:
        token = next(tokens)
        return _page(ContinuationHeader(), [], {}, {"x-ms-continuationtoken": token} if token else {})

    assert len(list(read_all(fetch, ContinuationHeader(), {}))) == most + 1


@pytest.mark.parametrize("cycle", [["7"], ["7", "8"], ["7", "8", "9"]])
@pytest.mark.parametrize("paging", [ContinuationHeader(), ContinuationBody(), NextSkip(5)])
def test_a_token_that_comes_again_is_refused(paging, cycle):
    asked: list[Query] = []

    def fetch(query: Query) -> Page:
        token = cycle[len(asked) % len(cycle)]
        asked.append(query)
        body = {"continuationToken": token, "isLastBatch": False, "nextSkip": int(token)}
        return _page(paging, [{}], body, {"x-ms-continuationtoken": token})

    with pytest.raises(ContractError) as e:
        list(read_all(fetch, paging, {}))
    assert e.value.code == "paging.repeats"
    assert len(asked) == len(cycle) + 1


def test_the_token_that_was_asked_with_counts_as_seen():
    def fetch(_query: Query) -> Page:
        return _page(ContinuationBody(), [], {"continuationToken": "5", "isLastBatch": False}, {})

    with pytest.raises(ContractError, match="twice"):
        list(read_all(fetch, ContinuationBody(), {"continuationToken": "5"}))


def test_a_quiet_feed_answers_with_the_token_it_was_asked_with():
    def fetch(_query: Query) -> Page:
        return _page(ContinuationBody(), [], {"continuationToken": "5", "isLastBatch": True}, {})

    (page,) = read_all(fetch, ContinuationBody(), {"continuationToken": "5"})
    assert (page.token, page.last) == ("5", True)


def test_a_list_that_never_ends_is_stopped():
    def fetch(query: Query) -> Page:
        return _page(SkipTop(1), [{"n": query["$skip"]}], {}, {})

    pages = read_all(fetch, SkipTop(1), {}, max_pages=25)
    with pytest.raises(ContractError) as e:
        list(pages)
    assert e.value.code == "paging.endless"


def test_after_the_first_page_a_feed_is_asked_by_token_alone():
    server = Server([1, 2, 3], ContinuationBody(), 2)
    query = {"startDateTime": "2026-01-01T00:00:00Z", "fields": "System.Id", "$maxPageSize": "2"}
    list(read_all(server, ContinuationBody(), query))
    assert server.asked == [query, {"fields": "System.Id", "$maxPageSize": "2", "continuationToken": "2"}]


def test_every_page_is_asked_with_the_callers_filters():
    server = Server([1, 2, 3], ContinuationHeader(2), 2)
    list(read_all(server, ContinuationHeader(2), {"filter": "heads/"}))
    assert server.asked == [
        {"$top": "2", "filter": "heads/"},
        {"$top": "2", "filter": "heads/", "continuationToken": "2"},
    ]


def test_a_caller_may_ask_for_smaller_pages():
    server = Server([1, 2, 3], SkipTop(1000), 1000)
    assert len(list(read_all(server, SkipTop(1000), {"$top": "2"}))) == 3
    assert {query["$top"] for query in server.asked} == {"2"}


@pytest.mark.parametrize(
    "body",
    [
        {"nextLink": "https://elsewhere.example/x?continuationToken=842;5;3&api-version=2.0", "isLastBatch": False},
        {"nextLink": "https://dev.azure.com/x?api-version=7.1&continuationToken=842%3B5%3B3", "isLastBatch": False},
        {"continuationToken": "842;5;3", "nextLink": "https://dev.azure.com/x?continuationToken=1"},
    ],
)
def test_a_feeds_token_is_in_the_body_or_in_its_link(body):
    assert ContinuationBody().mark([], body, {}) == ("842;5;3", False)


@pytest.mark.parametrize("body", [{}, {"isLastBatch": False}, {"nextLink": 7}, {"nextLink": "https://x/?a=b"}])
def test_a_batch_that_is_not_the_last_must_have_a_token(body):
    with pytest.raises(ContractError) as e:
        ContinuationBody().mark([], body, {})
    assert e.value.code == "paging.no_token"


def test_a_single_reply_has_no_second_page():
    with pytest.raises(ContractError):
        SINGLE.following({}, Page(items=[], body={}, token=None, last=True, headers={}))
