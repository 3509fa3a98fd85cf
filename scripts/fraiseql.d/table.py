"""Prints the runs below a folder of results as one Markdown table; of several runs of a scenario the last counts.

Made from each run's own result.json, so that a suite which was cut short tells of what it had done.
"""

import json
import sys
from pathlib import Path


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def failure(expectation: dict) -> str:
    values = ", ".join(f"{value:.3g}" for _, value in sorted(expectation["values"].items()))
    return f"{expectation['id']}: {expectation['that']}" + (f" ({values})" if values else "")


def row(run: dict) -> str:
    recoveries = [fault.get("recoverySeconds") for fault in run["faults"]]
    seen = [seconds for seconds in recoveries if seconds is not None]
    recovery = f"{max(seen):.1f} s" if seen and len(seen) == len(recoveries) else "not seen"
    verdict = run.get("verdict") or "interrupted"
    failures = [failure(e) for e in run["expectations"] if e.get("verdict") not in (None, "pass")]
    failed = "" if verdict == "pass" else "; ".join(failures or [run.get("reason") or "cut short"])
    return f"| `{run['scenario']}` | {verdict} | {recovery} | {cell(failed)} |"


def main() -> None:
    results = Path(sys.argv[1])
    since = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    runs: dict[str, dict] = {}
    for path in results.glob("*/*/*/result.json"):
        if path.stat().st_mtime < since:
            continue
        run = json.loads(path.read_text())
        if run["scenario"] not in runs or runs[run["scenario"]]["startedAt"] < run["startedAt"]:
            runs[run["scenario"]] = run
    left_out: dict[str, str] = {}
    for path in results.glob("*/suite.json"):
        if path.stat().st_mtime >= since:
            left_out |= json.loads(path.read_text()).get("notApplicable") or {}
    print("| scenario | verdict | recovery | what failed |\n| --- | --- | --- | --- |")
    for _, run in sorted(runs.items()):
        print(row(run))
    for name, reason in sorted(left_out.items()):
        print(f"| `{name}` | not applicable | | {cell(reason)} |")


main()
