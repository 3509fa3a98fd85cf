"""Tests that may fail now and then, without hiding that they did."""

import pytest


def retry_chaos_test(max_retries=3, record_all=True):
    """Tries a test again when it fails, at most `max_retries` times.

    Every attempt is kept in the report's `brink.attempts` (and in JUnit's properties) when `record_all` is set; a test
    that passed only at a later attempt passes and is listed as flaky at the end.
    """
    if max_retries < 0:
        raise ValueError("max_retries is at least 0")
    return pytest.mark.retry_chaos_test(max_retries=max_retries, record_all=record_all)
