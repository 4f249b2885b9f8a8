"""How the queue claims when much waits, and what a second worker adds."""
import os
import shutil
import sqlite3
import statistics
import time

import sbom
from cluster import Cluster
from measure import ROUNDS, WAYBILL, WORK, Server, Service, call, say, waybill
from polls import PROJECTS, small_data

WAITING = int(os.environ.get("WAITING", "1000000"))
DONE = 1000
COLUMNS = "organization, account, kind, product, project, request, request_sha1, request_token, process_type, state, run_at, created_at, modified_at"


def submit_all(data, keys, *flags):
    """Submits a report of one row for each project, to a server without workers."""
    with Server(data, "--workers", "0", *flags) as server:
        for project in keys["projects"]:
            call(server, "generateProjectReportAsync", reportType="ProjectInventoryReport", format="json", userKey=keys["userKey"],
                 projectToken=project)


class Lite:
    """A queue on SQLite with so many waiting jobs."""
    name = "SQLite"

    def __init__(self, waiting):
        self.data, self.keys = small_data()
        submit_all(self.data, self.keys)
        self.base = sqlite3.connect(self.data / "waybill.sqlite", timeout=60, isolation_level=None)
        self.base.execute(
            f"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {waiting // PROJECTS}) "
            f"INSERT INTO job (uuid, {COLUMNS}) SELECT lower(hex(randomblob(16))), {COLUMNS} FROM n, job WHERE state = 'PENDING'")

    def ask(self, query):
        return [number for (number,) in self.base.execute(query)]

    def worker(self):
        return Server(self.data, "--workers", "1")

    def close(self):
        self.base.close()


class Post:
    """The same on PostgreSQL."""
    name = "PostgreSQL"

    def __init__(self, waiting):
        self.data, self.cluster = WORK / "queue-postgresql", Cluster().__enter__()
        shutil.rmtree(self.data, ignore_errors=True)
        self.where = ["--database", url(self.cluster)]
        self.keys = filled(self.data, self.where, PROJECTS, 1)
        submit_all(self.data, self.keys, *self.where)
        self.cluster.psql(
            f"INSERT INTO job (uuid, {COLUMNS}) SELECT gen_random_uuid()::text, {COLUMNS} FROM generate_series(1, {waiting // PROJECTS}), job "
            "WHERE state = 'PENDING'")
        self.cluster.psql("VACUUM ANALYZE job")

    def ask(self, query):
        return [int(number) for number in self.cluster.psql(query).split()]

    def worker(self):
        return Service(WAYBILL, "worker", "--workers", "1", "--data", self.data, "--log-level", "error", *self.where)

    def close(self):
        self.cluster.__exit__()


def url(cluster):
    return f"postgresql://bench@/bench?host={cluster.env['PGHOST']}&port={cluster.env['PGPORT']}"


def filled(data, where, projects, rows):
    """Projects of so many libraries on a database; gives the keys."""
    made = waybill("init", "--organization", "Bench", "--email", "bench@example.org", *where, data=data)
    files = WORK / "queue-sboms"
    files.mkdir(parents=True, exist_ok=True)
    for number in range(projects):
        sbom.write(files / f"{number}.json", rows, seed=number, first=number * rows)
    told = waybill("import", "sbom", *sorted(files.iterdir()), "--org", made["orgToken"], "--product", "P", *where, data=data)
    made["projects"] = [p["projectToken"] for p in told["projects"]]
    shutil.rmtree(files)
    return made


def rate(queue, count, workers=1):
    """Jobs a second from the first that is finished to the `count`th, as their rows tell; and how many processors were busy."""
    services = [queue.worker() for _ in range(workers)]
    finished = "FROM job WHERE kind = 'REPORT' AND state IN ('SUCCESS', 'FAILED')"
    until, busy, begun = time.monotonic() + 300, cpu_seconds(), time.monotonic()
    try:
        # Seldom, as looking takes time from those who work.
        while queue.ask(f"SELECT count(*) {finished}")[0] < count:
            if time.monotonic() > until:
                raise SystemExit(f"not all of {count} jobs were finished in five minutes")
            time.sleep(0.5)
        busy = (cpu_seconds() - busy) / (time.monotonic() - begun)
        times = queue.ask(f"SELECT finished_at {finished} ORDER BY finished_at LIMIT {count}")
        return (count - 1) / (times[-1] - times[0]) * 1000, busy
    finally:
        for service in services:
            service.__exit__()


def cpu_seconds():
    """Seconds that all processors together were busy since the start of the machine."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, *more = map(int, file.readline().split()[1:])
    return (user + nice + system + sum(more[:2])) / os.sysconf("SC_CLK_TCK")


def claims(table):
    """Jobs of one row, claimed by one worker while few and while many wait."""
    for kind in (Lite, Post):
        rates = {}
        for waiting in (2 * DONE, WAITING):
            queue = kind(waiting)
            say(f"{waiting:,} jobs wait on {kind.name}")
            rates[waiting], _ = rate(queue, DONE)
            if queue.ask("SELECT count(*) FROM job WHERE state = 'FAILED'")[0]:
                raise SystemExit("jobs failed")
            queue.close()
        table.add(
            f"jobs of one row on {kind.name} while {WAITING:,} wait", f"{rates[WAITING]:,.0f}/s",
            f"{2 * DONE:,} wait {rates[2 * DONE]:,.0f}/s", rates[WAITING] / rates[2 * DONE], 0.8)


def workers(table):
    """Reports of ten thousand rows, by one worker process and by two."""
    with Cluster() as base:
        data, where = WORK / "workers", ["--database", url(base)]
        shutil.rmtree(data, ignore_errors=True)
        say("importing 12 projects of 10,000 libraries on PostgreSQL")
        keys = filled(data, where, 12, 10_000)

        class Queue:
            def ask(self, query):
                return [int(number) for number in base.psql(query).split()]

            def worker(self):
                return Service(WAYBILL, "worker", "--workers", "1", "--data", data, "--log-level", "error", *where)

        # No two are the same: what was made before is not made again.
        kinds = {"xlsx": ["ProjectInventoryReport", "ProjectLicensesReport", "ProjectLibraryLocationReport"], "pdf": ["ProjectInventoryReport"]}
        for form, reports in kinds.items():
            rates = {1: [], 2: []}
            for _ in range(ROUNDS):
                for processes in rates:
                    base.psql("DELETE FROM job WHERE kind = 'REPORT'; DELETE FROM artifact")
                    with Server(data, "--workers", "0", *where) as server:
                        for kind in reports:
                            for project in keys["projects"]:
                                call(server, "generateProjectReportAsync", reportType=kind, format=form, userKey=keys["userKey"],
                                     projectToken=project)
                    # The last are not counted: then not all workers are busy.
                    found, busy = rate(Queue(), len(reports) * 12 - 2, processes)
                    rates[processes].append(found)
                    say(f"{form}, {processes} workers: {found:.2f} reports/s, {busy:.2f} processors busy")
            one, two = statistics.median(rates[1]), statistics.median(rates[2])
            table.add(
                f"reports of 10,000 rows as {form} by two worker processes", f"{two:.2f}/s", f"one {one:.2f}/s", two / one, 1.8)
