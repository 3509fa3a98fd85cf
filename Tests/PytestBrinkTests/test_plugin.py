"""The plugin by itself, with real pytest and without a session: what needs one is in `attached`, run in the VM."""

import pathlib
import sys

import pytest

pytest_plugins = ["pytester"]
SOURCES = pathlib.Path(__file__).resolve().parents[2] / "Sources" / "pytest-brink"


@pytest.fixture
def project(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(SOURCES))
    monkeypatch.syspath_prepend(str(SOURCES))
    pytester.makeini("[pytest]\naddopts = -p pytest_brink.plugin\n")
    return pytester


def test_markers_are_registered(project):
    project.makepyfile(
        """
        import pytest
        from pytest_brink import retry_chaos_test

        @retry_chaos_test()
        def test_one(): pass
        """
    )
    result = project.runpytest_subprocess("--strict-markers")
    result.assert_outcomes(passed=1)
    markers = project.runpytest_subprocess("--markers").stdout.str()
    assert "@pytest.mark.chaos(kind" in markers and "@pytest.mark.retry_chaos_test(" in markers


def test_an_unknown_marker_is_still_refused(project):
    project.makepyfile("import pytest\n@pytest.mark.chaoss('x')\ndef test_one(): pass")
    assert project.runpytest_subprocess("--strict-markers").ret != 0


FLAKY = """
    import pathlib
    import pytest
    from pytest_brink import retry_chaos_test

    @pytest.fixture
    def fresh():
        return []

    @retry_chaos_test(max_retries={retries}, record_all=True)
    def test_flaky(fresh):
        assert fresh == []
        fresh.append(1)
        counter = pathlib.Path("counter")
        number = int(counter.read_text()) + 1 if counter.exists() else 1
        counter.write_text(str(number))
        assert number >= 3, f"attempt {{number}}"
    """


def test_every_attempt_is_kept(project):
    project.makepyfile(FLAKY.format(retries=3))
    result = project.runpytest_subprocess("--junit-xml=junit.xml")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*tried more than once*", "*test_flaky: failed, failed, passed"])
    junit = (project.path / "junit.xml").read_text()
    assert 'name="brink.attempts" value="failed, failed, passed"' in junit
    assert "attempt 1" in junit and "attempt 2" in junit


def test_after_the_last_attempt_it_has_failed(project):
    project.makepyfile(FLAKY.format(retries=1))
    result = project.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*test_flaky: failed, failed"])


def test_what_passes_at_once_is_not_tried_again(project):
    project.makepyfile(FLAKY.format(retries=5).replace("number >= 3", "number == 1"))
    result = project.runpytest_subprocess()
    result.assert_outcomes(passed=1)
    assert "tried more than once" not in result.stdout.str()


# Speaks as `brink attach --stdio` does, writes down in the file `asked` what it was asked, and does nothing else.
FAKE_BRINK = """#!{python}
import json, sys

def say(**values):
    print(json.dumps(values), flush=True)

def keep(*words):
    with open("asked", "a") as file:
        print(*words, file=file)

keep("begin")
say(event="ready", folder="run", services={{}})
for line in sys.stdin:
    asked = json.loads(line)
    fault = asked.get("fault")
    name = fault["id"] if isinstance(fault, dict) else fault
    keep(asked["do"], *([name] if name else []))
    if asked["do"] == "finish":
        say(id=asked["id"], event="ended", verdict="{verdict}", reason="r", exitCode={code}, folder="run")
        sys.exit({code})
    elif asked["do"] == "undo" and name in {stuck!r}:
        say(id=asked["id"], error=name + " is stuck")
    elif name == "unknown-2":
        say(id=asked["id"], error=name + " is no fault")
    else:
        say(id=asked["id"], result={{"evidence": "seen"}})
"""


@pytest.fixture
def fake_brink(project, monkeypatch):
    """Makes a program that ends with `code` and cannot undo the faults that are `stuck`; gives pytest's options."""
    monkeypatch.setenv("TMPDIR", str(project.path))  # the host's lock may be held by a real session

    def make(code=0, stuck=()):
        program = project.path / "fake-brink"
        verdict = "fail" if code else "pass"
        program.write_text(FAKE_BRINK.format(python=sys.executable, verdict=verdict, code=code, stuck=stuck))
        program.chmod(0o700)
        return "--brink-scenario", "s.yaml", "--brink-program", str(program)

    return make


def asked(project):
    return (project.path / "asked").read_text().splitlines()


FLAKY_IN_A_SESSION = """
    import pytest
    from pytest_brink import retry_chaos_test

    tries = []
    own = []

    @pytest.fixture
    def fresh():
        own.append("up")
        yield
        own.append("down")

    @retry_chaos_test(max_retries=3)
    def test_flaky(brink, fresh):
        assert own == ["up", "down"] * len(tries) + ["up"]
        tries.append(1)
        assert len(tries) >= {passes}
    """


@pytest.mark.parametrize("passes", [1, 3, 4], ids=["at once", "in between", "at the last"])
def test_a_session_outlasts_the_attempts(project, fake_brink, passes):
    project.makepyfile(FLAKY_IN_A_SESSION.format(passes=passes))
    project.runpytest_subprocess(*fake_brink()).assert_outcomes(passed=1)
    assert asked(project) == ["begin", "finish"]


@pytest.mark.parametrize("passes", [1, 3, 4, 5], ids=["at once", "in between", "at the last", "never"])
def test_what_a_session_lost_is_not_tried_away(project, fake_brink, passes):
    project.makepyfile(FLAKY_IN_A_SESSION.format(passes=passes))
    result = project.runpytest_subprocess(*fake_brink(code=1))
    assert result.ret == 1
    result.assert_outcomes(errors=1, passed=int(passes < 5), failed=int(passes == 5))
    result.stdout.fnmatch_lines(["*BrinkError: brink: fail: r (see run/report.html)"])
    assert asked(project) == ["begin", "finish"]


def test_a_session_goes_on_after_a_test_that_was_tried_again(project, fake_brink):
    project.makepyfile(FLAKY_IN_A_SESSION.format(passes=2) + "\n    def test_next(brink): pass\n")
    project.runpytest_subprocess(*fake_brink()).assert_outcomes(passed=2)
    assert asked(project) == ["begin", "finish"]


def test_what_is_shared_ends_before_a_test_that_has_no_part_in_it(project):
    """Once, after the last attempt, and what it printed while it ended is with its error."""
    project.makepyfile(
        test_1="""
        import pytest
        from pytest_brink import retry_chaos_test

        tries = []

        @pytest.fixture(scope="module")
        def shared():
            yield
            print("attempts", len(tries))
            raise OSError("shared")

        @retry_chaos_test()
        def test_flaky(shared):
            tries.append(1)
            assert len(tries) == 2
        """,
        test_2="def test_next(): pass",
    )
    result = project.runpytest_subprocess()
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*Captured stdout teardown*", "attempts 2"])


def test_it_is_tried_again_when_its_own_teardown_fails(project):
    project.makepyfile(
        """
        import pytest
        from pytest_brink import retry_chaos_test

        tries = []

        @pytest.fixture
        def own():
            yield
            tries.append(1)
            assert len(tries) == 2

        @retry_chaos_test()
        def test_flaky(own): pass
        """
    )
    result = project.runpytest_subprocess()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*test_flaky: failed, passed"])


def test_a_run_that_stops_tries_nothing_again(project, fake_brink):
    """As pytest then tears everything down, another attempt would have a session of its own."""
    project.makepyfile(
        """
        from pytest_brink import retry_chaos_test

        @retry_chaos_test()
        def test_stops(brink, request):
            request.session.shouldstop = "enough"
            assert False
        """
    )
    result = project.runpytest_subprocess(*fake_brink(code=1))
    assert result.ret != 0
    # pytest 7 says it on stderr.
    assert "BrinkError: brink: fail: r (see run/report.html)" in result.stdout.str() + result.stderr.str()
    assert asked(project) == ["begin", "finish"]


FAULTS = """
    import pytest

    @pytest.mark.chaos("cpu.max", target="app", quota="50%")
    @pytest.mark.chaos("cgroup.freeze", target="app")
    @pytest.mark.chaos("memory.high", target="app", value="64MiB")
    def test_one(): assert {holds}, "its own failure"
    """


@pytest.mark.parametrize("holds", [True, False])
def test_a_fault_that_stays_does_not_keep_the_others(project, fake_brink, holds):
    project.makepyfile(FAULTS.format(holds=holds))
    result = project.runpytest_subprocess(*fake_brink(stuck=("cpu-max-3", "memory-high-1")))
    result.assert_outcomes(failed=1)
    faults = ["memory-high-1", "cgroup-freeze-2", "cpu-max-3"]
    undone = [f"undo {name}" for name in reversed(faults)]
    assert asked(project) == ["begin", *(f"inject {name}" for name in faults), *undone, "finish"]
    result.stdout.fnmatch_lines(["E *BrinkError: *cpu-max-3 is stuck", "E *memory-high-1 is stuck"])
    assert ("AssertionError: its own failure" in result.stdout.str()) != holds


def test_a_fault_that_stays_does_not_hide_one_that_never_came(project, fake_brink):
    project.makepyfile(FAULTS.format(holds=True).replace("cgroup.freeze", "unknown"))
    result = project.runpytest_subprocess(*fake_brink(stuck=("memory-high-1",)))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *unknown-2 is no fault", "E *memory-high-1 is stuck"])


def test_a_failure_that_is_expected_is_none(project):
    project.makepyfile(
        """
        import pytest
        from pytest_brink import retry_chaos_test

        @pytest.mark.xfail
        @retry_chaos_test()
        def test_one(): assert False
        """
    )
    result = project.runpytest_subprocess()
    result.assert_outcomes(xfailed=1)
    assert "tried more than once" not in result.stdout.str()


def test_without_a_scenario_it_says_so(project):
    project.makepyfile("def test_one(brink): pass")
    result = project.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*say which scenario: --brink-scenario*"])


def test_without_the_program_it_says_so(project, monkeypatch):
    monkeypatch.setenv("PATH", str(pathlib.Path(sys.executable).parent / "nothing-here"))
    project.makepyfile("def test_one(brink): pass")
    result = project.runpytest_subprocess("--brink-scenario", "s.yaml")
    result.stdout.fnmatch_lines(["*brink is not in PATH*"])


def test_what_brink_says_is_shown(project):
    """Here it is no scenario at all; the real program says what is wrong and where."""
    program = pathlib.Path(__file__).resolve().parents[2] / ".build-release" / "release" / "brink"
    if not program.exists():
        pytest.skip("brink is not built")
    (project.path / "s.yaml").write_text("apiVersion: brink/v1\nid: s\nfaultz: []\n")
    project.makepyfile("def test_one(brink): pass")
    result = project.runpytest_subprocess("--brink-scenario", "s.yaml", "--brink-program", str(program))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*faultz*"])


def test_xdist_is_not_needed(project):
    """Its marker is there without it, for --strict-markers."""
    project.makepyfile("import pytest\n@pytest.fixture\ndef brink(): pass\ndef test_one(brink): pass")
    project.runpytest_subprocess("-p", "no:xdist", "--strict-markers").assert_outcomes(passed=1)


def test_with_workers_what_was_tried_again_is_listed(project):
    pytest.importorskip("xdist")
    project.makepyfile(FLAKY.format(retries=3).replace("record_all=True", "record_all=False"))
    result = project.runpytest_subprocess("-n", "2")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*tried more than once*", "*test_flaky: failed, failed, passed"])
    assert result.stdout.str().count("failed, failed, passed") == 1


def test_with_workers_it_goes_to_one(project):
    pytest.importorskip("xdist")
    project.makepyfile(
        """
        import os
        import pytest

        @pytest.fixture(scope="session")
        def brink():
            return os.environ["PYTEST_XDIST_WORKER"]

        @pytest.mark.parametrize("number", range(6))
        def test_where(brink, number, request):
            assert brink == os.environ["PYTEST_XDIST_WORKER"]
            with open(request.config.rootpath / "workers", "a") as file:
                file.write(brink + "\\n")
        """
    )
    project.runpytest_subprocess("-n", "2", "--dist", "loadgroup").assert_outcomes(passed=6)
    assert len(set((project.path / "workers").read_text().split())) == 1
