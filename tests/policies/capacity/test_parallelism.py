"""How much is done at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.capacity.allocation_values import LAG
from camvault.core.capacity.parallelism import job_count, thread_count, worker_count
from camvault.ports.encoding import Allocation

COUNTS = st.integers(1, 256)
JOBS = st.none() | COUNTS


@given(JOBS, COUNTS)
def test_an_encode_at_a_bitrate_has_one_thread(wished: int | None, cpu_count: int) -> None:
    """Only then are its bytes the same every time."""
    assert thread_count(Allocation.CONSTANT, wished_jobs=wished, cpu_count=cpu_count) == 1


@pytest.mark.parametrize(
    ("wished", "cpu_count", "expected"), [(None, 16, 16 // LAG), (None, 2, 1), (1, 16, 16), (2, 16, 8), (9, 16, 4)]
)
def test_at_a_constant_quality_the_threads_are_shared_out(wished: int | None, cpu_count: int, expected: int) -> None:
    """Among the clips that are encoded at once, at most `LAG`."""
    assert thread_count(Allocation.COMPLEXITY, wished_jobs=wished, cpu_count=cpu_count) == expected


@given(st.sampled_from(Allocation), COUNTS)
def test_without_a_wish_the_processors_are_used_and_no_more(allocation: Allocation, cpu_count: int) -> None:
    threads = thread_count(allocation, wished_jobs=None, cpu_count=cpu_count)
    jobs = job_count(wished_jobs=None, thread_count=threads, cpu_count=cpu_count)
    assert jobs >= 1
    assert jobs * threads <= cpu_count


@given(COUNTS, COUNTS, COUNTS)
def test_a_wish_for_jobs_is_met(wished: int, threads: int, cpu_count: int) -> None:
    assert job_count(wished_jobs=wished, thread_count=threads, cpu_count=cpu_count) == wished


@given(JOBS, COUNTS)
def test_there_is_a_worker_for_each_job_and_two_for_each_processor(wished: int | None, cpu_count: int) -> None:
    workers = worker_count(wished_jobs=wished, cpu_count=cpu_count)
    assert workers >= max(wished or 1, 2 * cpu_count)
