"""A session of `brink attach --stdio`: one JSON object a line in each direction."""

import contextlib
import json
import subprocess
import threading


class BrinkError(Exception):
    """What Brink could not do, in its own words."""


class Fault:
    """A fault that is injected."""

    def __init__(self, session, name, evidence):
        self._session = session
        self.name = name
        #: What showed that it took effect; None when nothing did within the time it was given.
        self.evidence = evidence
        self._is_over = False

    def undo(self):
        """Takes it back; once is enough, further calls do nothing."""
        if self._is_over:
            return
        self._is_over = True
        self._session.ask("undo", fault=self.name)


class Attached:
    """Starts Brink on a scenario without faults and directs it.

    Everything is taken back by `close`, by the end of this process, or by Brink's guardian when Brink itself dies.
    """

    def __init__(self, scenario, program="brink", arguments=(), patience=300):
        self._lock = threading.Lock()
        self._next = 0
        self._names = 0
        self._errors = []
        self._ended = None
        self._process = subprocess.Popen(
            [program, "attach", "--stdio", scenario, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        # Read all the time, or a full pipe would hold Brink up.
        self._reader = threading.Thread(target=self._keep_errors, daemon=True)
        self._reader.start()
        timer = threading.Timer(patience, self._process.terminate)
        timer.start()
        try:
            ready = self._read()
        finally:
            timer.cancel()
        if ready.get("event") != "ready":
            self._process.wait()
            raise BrinkError(ready.get("error") or f"brink did not begin: {self.errors()}")
        self.folder = ready["folder"]
        #: Where each service that was started is: `address`, `url`, `pid`.
        self.services = ready["services"]

    def _keep_errors(self):
        for line in self._process.stderr:
            self._errors.append(line.rstrip("\n"))

    def errors(self, count=20):
        """The last lines of what Brink said on stderr."""
        return "\n".join(self._errors[-count:])

    def _read(self):
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            raise BrinkError(f"brink has ended with {self._process.returncode}: {self.errors()}")
        return json.loads(line)

    def ask(self, action, **values):
        """Sends a request and returns its result.

        Raises BrinkError with what Brink said when it was refused or failed.
        """
        with self._lock:
            if self._ended is not None:
                raise BrinkError("the session has ended")
            self._next += 1
            number = self._next
            given = {key: value for key, value in values.items() if value is not None}
            try:
                self._process.stdin.write(json.dumps({"id": number, "do": action, **given}) + "\n")
                self._process.stdin.flush()
            except BrokenPipeError:
                self._process.wait()
                raise BrinkError(f"brink has ended with {self._process.returncode}: {self.errors()}") from None
            answer = self._read()
            while answer.get("id") != number:
                if answer.get("event") == "ended":
                    self._ended = answer
                    raise BrinkError(f"the session has ended: {answer['reason']}")
                answer = self._read()
        if "error" in answer:
            raise BrinkError(answer["error"])
        return answer["result"] if action != "finish" else answer

    @contextlib.contextmanager
    def inject(self, kind, *, target, within=None, name=None, **parameters):
        """Injects a fault for as long as the block lasts.

        Raises BrinkError when it is not seen to take effect within `within` (20s unless told): a fault that did not
        work must not look like one that was survived.
        """
        fault = self.begin(kind, target=target, within=within, name=name, **parameters)
        try:
            yield fault
        finally:
            fault.undo()

    def begin(self, kind, *, target, within=None, name=None, **parameters):
        """Injects a fault until its `undo`, or the session's end."""
        if name is None:
            self._names += 1
            name = f"{kind.replace('.', '-').replace('_', '-')}-{self._names}"
        values = {key: _text(value) for key, value in parameters.items()}
        result = self.ask("inject", fault={"id": name, kind: {"target": target, **values}}, within=within)
        fault = Fault(self, name, result.get("evidence"))
        if fault.evidence is None:
            fault.undo()
            raise BrinkError(f"{kind} was not seen to take effect on {target}")
        return fault

    def recover(self, within="30s"):
        """Waits until the steady state holds again; seconds from the last fault's end to then.

        Raises BrinkError when it does not.
        """
        seconds = self.ask("recover", within=within).get("recovered")
        if seconds is None:
            raise BrinkError(f"the steady state did not hold again within {within}")
        return seconds

    def metrics(self, *names, over="5s"):
        """Metrics over the last stretch of time, by name, in base units; those that are not known are missing."""
        return self.ask("metrics", names=list(names), over=over)

    def writes(self):
        """How many writes the load has `sent`, and how many were `acknowledged`."""
        return self.ask("writes")

    def close(self):
        """Ends the session and returns Brink's verdict: `verdict`, `reason`, `exitCode`, `folder`, and `ledger`.

        The ledger says what became of the load's writes: `sent`, `acknowledged`, `failed`, `unknown`, `lost`, `phantom`.

        What the load was told is stored is compared with what is stored only now, so a lost write shows here.
        """
        if self._ended is None:
            with contextlib.suppress(BrinkError):
                self._ended = self.ask("finish")
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._reader.join(timeout=5)
        self._process.stderr.close()
        if self._ended is None:
            raise BrinkError(f"brink has ended with {self._process.returncode}: {self.errors()}")
        return self._ended


def _text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
