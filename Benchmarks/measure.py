"""Running programs side by side: wall and CPU seconds, peak memory, medians, and the table of results."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HERE = ROOT / "Benchmarks"
WAYBILL = ROOT / ".build" / "release" / "waybill"
WORK = pathlib.Path(os.environ.get("BENCH_DIR") or ROOT / ".build" / "bench")
ROUNDS = int(os.environ.get("ROUNDS", "3"))


def say(text):
    print(f"  … {text}", file=sys.stderr, flush=True)


class Cost:
    """What one run took. `output` is the last line that it printed."""

    def __init__(self, wall, cpu, peak, output=""):
        self.wall, self.cpu, self.peak, self.output = wall, cpu, peak, output


def run(*command, env=None):
    """Runs a program to its end; CPU is user and system seconds, peak is in MiB."""
    with tempfile.NamedTemporaryFile("r") as report:
        done = subprocess.run(
            ["/usr/bin/time", "-f", "%e %U %S %M", "-o", report.name, *map(str, command)],
            capture_output=True, text=True, env={**os.environ, **(env or {})})
        if done.returncode:
            sys.exit(f"failed: {' '.join(map(str, command))}\n{done.stderr[-2000:]}")
        wall, user, system, peak = report.read().split()[-4:]
    lines = done.stdout.strip().splitlines()
    return Cost(float(wall), float(user) + float(system), int(peak) / 1024, lines[-1] if lines else "")


def alternate(contenders, rounds=ROUNDS):
    """Runs each contender in turn, several times; gives the medians by name."""
    costs = {name: [] for name in contenders}
    for number in range(rounds):
        for name, body in contenders.items():
            cost = body()
            costs[name].append(cost)
            say(f"{name} {number + 1}/{rounds}: {cost.wall:.2f} s, CPU {cost.cpu:.2f} s, {cost.peak:.0f} MiB")
    middle = lambda values: statistics.median(values)
    return {
        name: Cost(
            middle([c.wall for c in found]), middle([c.cpu for c in found]), max(c.peak for c in found),
            found[-1].output)
        for name, found in costs.items()
    }


def waybill(*words, data, env=None):
    """A command with --json; gives its answer."""
    done = subprocess.run(
        [str(WAYBILL), *map(str, words), "--data", str(data), "--json"], capture_output=True, text=True,
        env={**os.environ, **(env or {})})
    if done.returncode:
        sys.exit(f"failed: waybill {words[0]}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, seconds=30):
    """Waits until something listens."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nothing listens on port {port}")


class Service:
    """A process that serves until the block ends."""

    def __init__(self, *command, env=None, cwd=None, stdin=None):
        WORK.mkdir(parents=True, exist_ok=True)
        self.log = open(WORK / "services.log", "ab")
        self.process = subprocess.Popen(
            list(map(str, command)), stdout=self.log, stderr=self.log, cwd=cwd, env={**os.environ, **(env or {})})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Server(Service):
    """`waybill serve` on a free port."""

    def __init__(self, data, *flags, env=None):
        self.port = free_port()
        super().__init__(
            WAYBILL, "serve", "--listen", f"127.0.0.1:{self.port}", "--data", data, "--log-level", "error",
            # One client with one key is the whole load.
            "--rate-limit", "0", "--connections-per-address", "0", *flags, env=env)
        wait_for(self.port)
        self.base = f"http://127.0.0.1:{self.port}"

    def cpu(self):
        """User and system seconds so far, of the threads that live."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def peak(self):
        """MiB."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", text).group(1)) / 1024


def call(server, request_type, **fields):
    """A call of the Mend API."""
    import urllib.request
    body = json.dumps({"requestType": request_type, **fields}).encode()
    request = urllib.request.Request(f"{server.base}/api/v1.4", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def venv(*packages, name="venv"):
    """A Python with these packages from PyPI, made once. Those that suit no others get an environment of their own by `name`."""
    home = WORK / name
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    marker = home / "-".join(sorted(re.sub(r"\W", "", p) for p in packages))
    if not marker.exists():
        say(f"installing {' '.join(packages)}")
        subprocess.run([str(home / "bin/pip"), "-q", "--disable-pip-version-check", "install", *packages], check=True)
        marker.touch()
    frozen = subprocess.run([str(home / "bin/pip"), "--disable-pip-version-check", "freeze"], check=True, capture_output=True, text=True).stdout
    names = {re.split(r"[\[=]", package)[0].lower() for package in packages}
    say("rivals: " + ", ".join(line for line in frozen.split() if line.split("==")[0].lower() in names))
    return python


def compiled(source, *flags):
    """A C program, built when its source is newer."""
    binary = WORK / source.stem
    if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["gcc", "-O2", "-Wall", "-o", str(binary), str(source), *flags], check=True)
    return binary


class Table:
    """What was measured, beside its goal."""

    def __init__(self):
        self.rows = []

    def add(self, what, ours, rival, value, goal, least=True, unit="x"):
        """`value` is the ratio (or the figure itself); `least` tells whether the goal is a lower bound."""
        if goal is None:
            verdict, aim = "", ""
        else:
            reached = value >= goal if least else value <= goal
            off = abs(value - goal) / goal * 100
            verdict = "reached" if reached else f"missed by {off:.0f} %"
            aim = f"{'≥' if least else '≤'} {goal:g}{unit}"
        self.rows.append((what, ours, rival, f"{value:.2f}{unit}", aim, verdict))
        say(" | ".join(self.rows[-1]))

    def print(self):
        heads = ("what", "ours", "rival", "figure", "goal", "")
        widths = [max(len(r[i]) for r in [heads, *self.rows]) for i in range(len(heads))]
        line = lambda cells: "| " + " | ".join(c.ljust(w) for c, w in zip(cells, widths)) + " |"
        print(line(heads))
        print("|" + "|".join("-" * (w + 2) for w in widths) + "|")
        for row in self.rows:
            print(line(row))

    @property
    def all_reached(self):
        return not any(row[5].startswith("missed") for row in self.rows)
