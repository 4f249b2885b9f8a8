"""How costs grow: each part of a series is ten or more times as large as the one before it; the slope of its cost says flat or linear."""
import json
import math
import os
import shutil
import sqlite3
import time

import advisories
import polls
import sbom
from measure import WAYBILL, WORK, Server, run, say, waybill
from queue_jobs import COLUMNS, Lite

ADVISORIES = [int(size) for size in os.environ.get("GROWTH_ADVISORIES", "5000 50000 300000").split()]
PROJECTS = [int(size) for size in os.environ.get("GROWTH_PROJECTS", "1 100 10000").split()]
ORGANIZATIONS = [int(size) for size in os.environ.get("GROWTH_ORGANIZATIONS", "1 1000 10000").split()]
WAITING = [int(size) for size in os.environ.get("GROWTH_WAITING", "1000 100000 2000000").split()]


def series(table, what, costs, unit, goal=0.25):
    """Adds the cost of a unit at each size and its slope: the exponent of size that the cost grows with, 0 where it is flat."""
    (small, first), (large, last) = costs[0], costs[-1]
    slope = math.log(last / first) / math.log(large / small)
    said = ", ".join(f"{size:,}: {cost:.3g}" for size, cost in costs)
    table.add(f"{what}, {unit} at", said, "flat is 0, linear 1", slope, goal, least=False, unit="")


def growth(table):
    imported_advisories(table)
    projects(table)
    organizations(table)
    waiting(table)


def imported_advisories(table):
    costs = []
    for size in ADVISORIES:
        data, path = WORK / "growth", WORK / "growth.jsonl"
        shutil.rmtree(data, ignore_errors=True)
        waybill("init", "--organization", "Bench", "--email", "bench@example.org", data=data)
        advisories.write(path, [], size)
        cost = run(WAYBILL, "import", "advisories", path, "--data", data, "--json")
        costs.append((size, cost.cpu / size * 1e6))
        say(f"{size:,} advisories: {cost.cpu:.2f} s of CPU, {cost.peak:.0f} MiB")
    series(table, "import of advisories", costs, "µs of CPU each")


def projects(table):
    """Imports and reports of a project of ten libraries beside so many others."""
    data, files = WORK / "growth", WORK / "growth-sboms"
    shutil.rmtree(data, ignore_errors=True)
    files.mkdir(parents=True, exist_ok=True)
    made = waybill("init", "--organization", "Bench", "--email", "bench@example.org", data=data)
    imports, reports, there = [], [], 0
    for size in PROJECTS:
        while there < size:
            paths = [files / f"p{number}.json" for number in range(there, min(size, there + 500))]
            for number, path in enumerate(paths, there):
                sbom.write(path, 10, seed=number, first=number % 1000 * 10)
            told = waybill("import", "sbom", *paths, "--org", made["orgToken"], "--product", "P", data=data)
            there += len(paths)
        token = told["projects"][-1]["projectToken"]
        again = [run(WAYBILL, "import", "sbom", paths[-1], "--org", made["orgToken"], "--product", "New", "--project", f"new {size} {n}",
                     "--data", data, "--json").cpu for n in range(5)]
        report = [run(WAYBILL, "report", "ProjectInventoryReport", "--scope", token, "--format", "json", "--output", WORK / "growth.zip",
                      "--data", data, "--json").cpu for _ in range(5)]
        imports.append((size, sorted(again)[2] * 1000))
        reports.append((size, sorted(report)[2] * 1000))
        say(f"{size:,} projects: import {imports[-1][1]:.0f} ms, report {reports[-1][1]:.0f} ms of CPU, the start of the program included")
    series(table, "import of ten libraries beside so many projects", imports, "ms of CPU")
    series(table, "report of ten rows beside so many projects", reports, "ms of CPU")
    shutil.rmtree(files)


class Organizations(Lite):
    """A queue in which so many organizations wait, each with as many jobs as make `jobs` in all."""

    def __init__(self, count, jobs):
        self.data, self.keys = polls.small_data()
        with Server(self.data, "--workers", "0") as server:
            polls.call(server, "generateProjectReportAsync", reportType="ProjectInventoryReport", format="json",
                       userKey=self.keys["userKey"], projectToken=self.keys["projects"][0])
        self.base = sqlite3.connect(self.data / "waybill.sqlite", timeout=60, isolation_level=None)
        numbers = "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)"
        for kind, renamed in (("organization", ("id", "token")), ("product", ("id", "organization", "token")),
                              ("project", ("id", "organization", "product", "token"))):
            columns = [row[1] for row in self.base.execute(f"PRAGMA table_info({kind})")]
            cells = ["token || '-' || n.i" if c == "token" else "n.i + 1000000" if c in renamed else "0" if c == "scan" else f"x.{c}"
                     for c in columns]
            if count > 1:
                self.base.execute(f"{numbers} INSERT INTO {kind} ({', '.join(columns)}) SELECT {', '.join(cells)} FROM n, {kind} x WHERE x.id = 1",
                                  (count,))
        # Of each organization its own project; each job asks for another file.
        request = """'{"format":"json","kind":"project","options":{"libraryName":["' || k.j || '"]},"organization":' || o || ',"product":' || o ||
            ',"project":' || o || ',"type":"ProjectInventoryReport"}'"""
        cells = COLUMNS.replace("organization, account", "o, account").replace("product, project, request, request_sha1",
                                                                              f"o, o, {request}, 'growth ' || k.j || ' ' || o")
        self.base.execute(
            f"""{numbers}, k (j) AS (SELECT 1 UNION ALL SELECT j + 1 FROM k WHERE j < ?2),
            place (o) AS (SELECT 1 UNION ALL SELECT i + 1000000 FROM n WHERE ?1 > 1)
            INSERT INTO job (uuid, {COLUMNS}) SELECT lower(hex(randomblob(16))), {cells} FROM k, place, job WHERE state = 'PENDING'""",
            (count, max(1, jobs // count)))


def organizations(table):
    """CPU of a worker for each job while so many organizations wait."""
    costs = [(size, cost_of_job(Organizations(size, 20_000), 1000)) for size in ORGANIZATIONS]
    series(table, "a job of an empty report while so many organizations wait, SQLite", costs, "ms of CPU", 0.1)


def waiting(table):
    costs = [(size, cost_of_job(Lite(size), min(500, size // 2))) for size in WAITING]
    series(table, "a job of one row while so many jobs wait, SQLite", costs, "ms of CPU", 0.1)


def cost_of_job(queue, count):
    """Milliseconds of a worker's CPU for each of so many jobs, its start left out."""
    done = "SELECT count(*) FROM job WHERE kind = 'REPORT' AND state IN ('SUCCESS', 'FAILED')"
    try:
        with queue.worker() as server:
            until, begun = time.monotonic() + 300, None
            while (found := queue.ask(done)[0]) < count:
                if begun is None and found > 0:
                    begun = found, server.cpu()
                if time.monotonic() > until:
                    raise SystemExit(f"only {found} of {count} jobs were finished in five minutes")
                time.sleep(0.1)
            cost = (server.cpu() - begun[1]) / (found - begun[0]) * 1000
        if queue.ask("SELECT count(*) FROM job WHERE state = 'FAILED'")[0]:
            raise SystemExit("jobs failed")
        say(f"{cost:.2f} ms of CPU a job")
        return cost
    finally:
        queue.close()
