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
    failures += [f"{f['id']}: {f['trouble']}" for f in run["faults"] if not f["verified"] and f.get("trouble")]
    failed = "" if verdict == "pass" else "; ".join(failures or [run.get("reason") or "cut short"])
    columns = [f"`{run['scenario']}`", verdict, recovery, failures_under(run), writes(run), failed]
    return "| " + " | ".join(cell(column) for column in columns) + " |"


def failures_under(run: dict) -> str:
    """What came of the requests of the run phase."""
    whole = next((load.get("whole") for load in run["load"] if load["phase"] == "run"), None)
    if not whole:
        return "–"
    classes: dict[str, int] = {}
    for name, count in whole["errors"].items():
        classes[name.split(".")[0]] = classes.get(name.split(".")[0], 0) + count
    text = f"{sum(classes.values())} of {whole['requests']}"
    if classes:
        text += " (" + ", ".join(f"{count} {name}" for name, count in sorted(classes.items(), key=lambda x: -x[1])) + ")"
    longest = whole["latency"].get("max")
    return text + (f", {longest:.1f} s at most" if longest is not None else "")


def writes(run: dict) -> str:
    ledger = run.get("ledger")
    return f"{ledger['acked']}, {ledger['lost']}, {ledger['unknown']}" if ledger else "–"


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
    heads = ["scenario", "verdict", "recovery", "requests that failed during the run"]
    heads += ["writes acknowledged, lost, unknown", "expectations that failed"]
    print("| " + " | ".join(heads) + " |\n|" + " --- |" * len(heads))
    for _, run in sorted(runs.items()):
        print(row(run))
    for name, reason in sorted(left_out.items()):
        print(f"| `{name}` | not applicable | | | | {cell(reason)} |")


main()
