"""Real faults in pytest, injected and taken back by Brink.

    @pytest.mark.chaos("memory.high", target="app", value="64MiB", recover_within="30s")
    @retry_chaos_test(max_retries=3, record_all=True)
    def test_orders_survive(brink): ...
"""

from .attached import Attached, BrinkError, Fault
from .retry import retry_chaos_test

__all__ = ["Attached", "BrinkError", "Fault", "retry_chaos_test"]
