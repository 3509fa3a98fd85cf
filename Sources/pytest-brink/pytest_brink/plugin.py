"""The pytest side: options, markers, fixtures, and tests tried again."""

import fcntl
import os
import shutil
import tempfile

import pytest
from _pytest.runner import runtestprotocol

from .attached import Attached, BrinkError


class _Attempt:
    """An attempt of a test that may be tried again, as far as it has come."""

    def __init__(self, nextitem, is_last):
        self.nextitem = nextitem
        self.is_last = is_last
        self.has_failed = False


_ATTEMPT = pytest.StashKey[_Attempt]()


def pytest_addoption(parser):
    group = parser.getgroup("brink", "real faults")
    group.addoption("--brink-scenario", metavar="FILE", help="scenario with services, targets and load, without faults")
    group.addoption("--brink-program", metavar="PATH", help="the brink program; looked up in PATH unless told")
    parser.addini("brink_scenario", "as --brink-scenario")
    parser.addini("brink_arguments", "further arguments of brink attach", type="args", default=[])


def pytest_configure(config):
    config.addinivalue_line(
        "markers",
        "chaos(kind, *, target, recover_within=None, **parameters): inject a fault of Brink's while the test runs",
    )
    config.addinivalue_line(
        "markers", "retry_chaos_test(max_retries=3, record_all=True): try the test again when it fails"
    )
    if not config.pluginmanager.hasplugin("xdist"):
        # It is put on tests below, and --strict-markers knows it from xdist only.
        config.addinivalue_line("markers", "xdist_group(name): has no effect without pytest-xdist")


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


def _undo_all(faults, failure):
    """Takes back every fault, also after one that cannot be: those that follow would be hit by the rest.

    Then says which ones stayed, and what the test itself had failed with.
    """
    stuck = []
    for fault in reversed(faults):
        try:
            fault.undo()
        except (BrinkError, OSError, ValueError) as error:
            stuck.append((fault.name, error))
    if stuck:
        raise BrinkError("\n".join(f"{name}: {error}" for name, error in stuck)) from failure or stuck[0][1]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    markers = list(item.iter_markers("chaos"))
    if not markers:
        yield
        return
    session = item.funcargs["brink"] if "brink" in item.funcargs else item._request.getfixturevalue("brink")
    faults = []
    waits = []
    failure = None
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
        failure = outcome.excinfo and outcome.excinfo[1]
    except Exception as error:
        failure = error
        raise
    finally:
        _undo_all(faults, failure)
    # A test that failed is told of as it failed.
    if waits and failure is None:
        for wait in waits:
            item.user_properties.append(("brink.recovery", session.recover(within=wait)))


@pytest.hookimpl(hookwrapper=True, tryfirst=True)  # what others make of a failure, such as xfail, is known by then
def pytest_runtest_makereport(item):
    outcome = yield
    if _ATTEMPT in item.stash and outcome.get_result().failed:
        item.stash[_ATTEMPT].has_failed = True


@pytest.hookimpl(trylast=True)  # when what is the test's own has been torn down, and without a failure
def pytest_runtest_teardown(item):
    attempt = item.stash.get(_ATTEMPT, None)
    if attempt and not attempt.is_last and not attempt.has_failed:
        # From here on nothing is tried again: what a shared fixture finds at its end, such as lost writes, is final.
        attempt.is_last = True
        item.session._setupstate.teardown_exact(attempt.nextitem)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    marker = item.get_closest_marker("retry_chaos_test")
    if marker is None:
        return None
    most = marker.kwargs.get("max_retries", 3)
    record_all = marker.kwargs.get("record_all", True)
    outcomes = []
    for number in range(1, most + 2):
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        attempt = item.stash[_ATTEMPT] = _Attempt(nextitem, is_last=number > most)
        # What belongs to the parent and above is shared with the next attempt and stays up.
        reports = runtestprotocol(item, nextitem=nextitem if attempt.is_last else item.parent, log=False)
        failed = [report for report in reports if report.failed]
        skipped = any(report.skipped for report in reports)
        outcomes.append("failed" if failed else "skipped" if skipped else "passed")
        # When the run is to stop, pytest has ended the shared fixtures too.
        if attempt.is_last or item.session.shouldstop or item.session.shouldfail:
            break
        if record_all:
            text = "\n".join(report.longreprtext for report in failed)
            item.user_properties.append((f"brink.attempt.{number}", text[-4000:]))
        # Fixtures of the function are made anew for the next attempt.
        item._initrequest()
    if len(outcomes) > 1:
        # As an attribute of a report it also gets from a worker of xdist to where the summary is printed.
        reports[-1].brink_attempts = outcomes
    for report in reports:
        if record_all:
            report.user_properties = [*item.user_properties, ("brink.attempts", ", ".join(outcomes))]
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_terminal_summary(terminalreporter):
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    tried = [report for report in reports if hasattr(report, "brink_attempts")]
    if not tried:
        return
    terminalreporter.section("tried more than once")
    for report in tried:
        terminalreporter.line(f"{report.nodeid}: {', '.join(report.brink_attempts)}")
