"""What a user of pytest-brink writes, against real services; run as root on cgroup v2 (see AttachTests)."""

import json
import pathlib
import urllib.request

import pytest
from pytest_brink import BrinkError, retry_chaos_test


@pytest.fixture(scope="session")
def brink_scenario():
    return str(pathlib.Path(__file__).with_name("scenario.yaml"))


def ask(brink, query):
    request = urllib.request.Request(
        brink.services["app"]["url"],
        data=json.dumps({"query": query}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def test_services_answer(brink):
    brink.recover(within="30s")
    assert ask(brink, "{ book(id: 1) { id } }")["data"]["book"]["id"]


@pytest.mark.chaos("cpu.max", target="app", quota="5%", period="100ms")
def test_a_marker_injects(brink, request):
    assert any(name.startswith("brink.cpu-max") for name, _ in request.node.user_properties)
    # It answers, if only that it has no connection to give in time: a twentieth of a processor is little.
    assert "data" in ask(brink, "{ book(id: 2) { id } }")


def test_a_killed_database_comes_back(brink):
    with brink.inject("postgres.kill", target="db", role="postmaster", signal="KILL", restartAfter="500ms") as fault:
        assert "postmaster" in fault.evidence
    assert brink.recover(within="60s") < 60
    assert "latency.p99" in brink.metrics("latency.p99", "errors.rate", over="10s")
    writes = brink.writes()
    assert 0 < writes["acknowledged"] <= writes["sent"]


def test_mistakes_are_named(brink):
    with pytest.raises(BrinkError, match="memory.hihg"):
        brink.begin("memory.hihg", target="app", value="64MiB")
    with pytest.raises(BrinkError, match="nobody"):
        brink.begin("cpu.max", target="nobody", quota="50%")
    with pytest.raises(BrinkError, match="none of inject"):
        brink.ask("dance")


@retry_chaos_test(max_retries=2)
def test_tried_again(brink, tmp_path_factory):
    seen = tmp_path_factory.getbasetemp() / "seen"
    seen.write_text((seen.read_text() if seen.exists() else "") + brink.folder + "\n")
    with brink.inject("cgroup.freeze", target="app"):
        pass
    brink.recover(within="30s")
    attempts = seen.read_text().splitlines()
    assert len(attempts) > 1
    # All in one session, though this is the last test: one that ended with the first attempt could hide a loss.
    assert len(set(attempts)) == 1
