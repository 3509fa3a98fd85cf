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
