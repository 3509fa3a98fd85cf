"""Prints suite.json files as one Markdown table; of several verdicts on a scenario the last counts."""

import json
import sys
from pathlib import Path


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def row(scenario: dict) -> str:
    attempts = scenario["attempts"]
    if not attempts:
        return f"| {scenario['id']} | not run | | |"
    last = next((a for a in attempts if a["verdict"] == "pass"), attempts[-1])
    recovery = last.get("slowestRecovery")
    failed = (
        ""
        if last["verdict"] == "pass"
        else "; ".join(last["failures"] or [last["reason"]])
    )
    time = "" if recovery is None else f"{recovery:.1f} s"
    return f"| {scenario['id']} | {last['verdict']} | {time} | {cell(failed)} |"


def main() -> None:
    results = [json.loads(Path(path).read_text()) for path in sys.argv[1:]]
    scenarios: dict[str, dict] = {}
    left_out: dict[str, str] = {}
    for result in sorted(results, key=lambda result: result["startedAt"]):
        left_out |= result.get("notApplicable") or {}
        scenarios |= {s["id"]: s for s in result["scenarios"] if s["attempts"]}
    print("| scenario | verdict | recovery | what failed |\n| --- | --- | --- | --- |")
    for _, scenario in sorted(scenarios.items()):
        print(row(scenario))
    for name, reason in sorted(left_out.items()):
        print(f"| {name} | not applicable | | {cell(reason)} |")


main()
