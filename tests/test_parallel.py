import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis.strategies import integers, lists

from shared.parallel import bounded_map


@settings(deadline=None)
@given(items=lists(integers(), max_size=40), in_flight=integers(1, 9))
def test_results_come_in_order(items, in_flight):
    with ThreadPoolExecutor(4) as pool:
        assert list(bounded_map(pool, in_flight, lambda n: n * 2, items)) == [n * 2 for n in items]


def test_no_more_calls_are_begun_than_allowed_ahead_of_the_reader():
    begun: list[int] = []
    with ThreadPoolExecutor(4) as pool:
        results = bounded_map(pool, 3, begun.append, iter(range(100)))
        for _ in range(5):
            next(results)
        pool.submit(int).result()
        assert len(begun) <= 5 + 3
        results.close()


def test_calls_run_side_by_side():
    together = threading.Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        results = list(bounded_map(pool, 4, lambda n: (together.wait(20), n)[1], range(8)))
    assert results == list(range(8))


def test_the_first_error_in_order_rises():
    def fail(n):
        if n in (3, 5):
            raise ValueError(n)
        return n

    got: list[int] = []
    with ThreadPoolExecutor(4) as pool, pytest.raises(ValueError, match="3"):
        got.extend(bounded_map(pool, 4, fail, range(8)))
    assert got == [0, 1, 2]


def test_what_has_not_begun_is_dropped_when_the_reader_stops():
    begun, gate = [], threading.Event()

    def work(n):
        begun.append(n)
        return n == 0 or gate.wait(20)

    with ThreadPoolExecutor(1) as pool:
        results = bounded_map(pool, 5, work, range(50))
        assert next(results)
        results.close()  # while 1 is being done, or about to be
        gate.set()
    assert begun in ([0], [0, 1])
