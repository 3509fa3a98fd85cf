"""The pytest side: options, markers, fixtures, and tests tried again."""

import fcntl
import os
import shutil
import tempfile

import pytest
from _pytest.runner import runtestprotocol

from .attached import Attached, BrinkError

#: Attempts of each test that was tried more than once: (nodeid, outcomes).
_FLAKY = pytest.StashKey[list]()


def pytest_addoption(parser):
    group = parser.getgroup("brink", "real faults")
    group.addoption("--brink-scenario", metavar="FILE", help="scenario with services, targets and load, without faults")
    group.addoption("--brink-program", metavar="PATH", help="the brink program; looked up in PATH unless told")
    parser.addini("brink_scenario", "as --brink-scenario")
    parser.addini("brink_arguments", "further arguments of brink attach", type="args", default=[])


def pytest_configure(config):
    config.stash[_FLAKY] = []
    config.addinivalue_line(
        "markers",
        "chaos(kind, *, target, recover_within=None, **parameters): inject a fault of Brink's while the test runs",
    )
    config.addinivalue_line(
        "markers", "retry_chaos_test(max_retries=3, record_all=True): try the test again when it fails"
    )


@pytest.hookimpl(tryfirst=True)  # xdist looks at groups in its own
def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("chaos") and "brink" not in item.fixturenames:
            item.fixturenames.append("brink")
        if "brink" in item.fixturenames:
            # With --dist loadgroup they run in one worker, one after the other.
            item.add_marker(pytest.mark.xdist_group("brink"))


class _HostLock:
    """One session of Brink at a time on a host, whatever the number of pytest's workers."""

    def __enter__(self):
        path = os.path.join(tempfile.gettempdir(), f"pytest-brink-{os.getuid()}.lock")
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        return self

    def __exit__(self, *_):
        os.close(self._file)


@pytest.fixture(scope="session")
def brink_scenario(pytestconfig):
    """Path of the scenario; override it to make one."""
    path = pytestconfig.getoption("--brink-scenario") or pytestconfig.getini("brink_scenario")
    if not path:
        pytest.fail("say which scenario: --brink-scenario, brink_scenario in the ini file, or a fixture of that name")
    return str(path if os.path.isabs(path) else pytestconfig.rootpath / path)


@pytest.fixture(scope="session")
def brink(pytestconfig, brink_scenario):
    """The attached session, begun with the first test that wants it. Its verdict counts when it ends."""
    program = pytestconfig.getoption("--brink-program") or shutil.which("brink")
    if not program:
        pytest.fail("brink is not in PATH: give --brink-program")
    with _HostLock():
        session = Attached(brink_scenario, program, pytestconfig.getini("brink_arguments"))
        try:
            yield session
        finally:
            end = session.close()
        if end["exitCode"] != 0:
            raise BrinkError(f"brink: {end['verdict']}: {end['reason']} (see {end['folder']}/report.html)")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    markers = list(item.iter_markers("chaos"))
    if not markers:
        yield
        return
    session = item.funcargs["brink"] if "brink" in item.funcargs else item._request.getfixturevalue("brink")
    faults = []
    waits = []
    try:
        # The one nearest to the function is written last and injected first.
        for marker in markers:
            values = dict(marker.kwargs)
            wait = values.pop("recover_within", None)
            if len(marker.args) != 1 or "target" not in values:
                raise BrinkError('a chaos marker names a kind and a target: chaos("memory.high", target="app", ...)')
            if wait:
                waits.append(wait)
            fault = session.begin(marker.args[0], **values)
            faults.append(fault)
            item.user_properties.append((f"brink.{fault.name}", fault.evidence))
        outcome = yield
    finally:
        for fault in reversed(faults):
            fault.undo()
    # A test that failed is told of as it failed.
    if waits and outcome.excinfo is None:
        for wait in waits:
            item.user_properties.append(("brink.recovery", session.recover(within=wait)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    marker = item.get_closest_marker("retry_chaos_test")
    if marker is None:
        return None
    most = marker.kwargs.get("max_retries", 3)
    record_all = marker.kwargs.get("record_all", True)
    outcomes = []
    for attempt in range(most + 1):
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        failed = [report for report in reports if report.failed]
        skipped = any(report.skipped for report in reports)
        outcomes.append("failed" if failed else "skipped" if skipped else "passed")
        if not failed or attempt == most:
            break
        if record_all:
            text = "\n".join(report.longreprtext for report in failed)
            item.user_properties.append((f"brink.attempt.{attempt + 1}", text[-4000:]))
        # Fixtures of the function are made anew for the next attempt.
        item._initrequest()
    for report in reports:
        if record_all:
            report.user_properties = [*item.user_properties, ("brink.attempts", ", ".join(outcomes))]
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    if len(outcomes) > 1:
        item.config.stash[_FLAKY].append((item.nodeid, outcomes))
    return True


def pytest_terminal_summary(terminalreporter, config):
    tried = config.stash[_FLAKY]
    if not tried:
        return
    terminalreporter.section("tried more than once")
    for nodeid, outcomes in tried:
        terminalreporter.line(f"{nodeid}: {', '.join(outcomes)}")
