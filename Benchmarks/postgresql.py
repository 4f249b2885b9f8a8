"""The rows of the inventory report on PostgreSQL, beside SQLite and beside COPY of the same query."""
import json
import os
import shutil
import subprocess

import sbom
from cluster import PROGRAMS, Cluster
from inventory import ROWS
from measure import WAYBILL, WORK, alternate, run, say, waybill

PROJECTS = int(os.environ.get("POSTGRESQL_PROJECTS", "4"))
QUERY = """COPY (SELECT l.uuid, l.filename, l.group_id, l.artifact, l.version, l.type, l.sha1, l.description, l.licenses,
l.match_type, o.direct, r.name, p.name, o.count FROM project p JOIN product r ON r.id = p.product
JOIN occurrence o ON o.scan = p.scan JOIN library l ON l.id = o.library
WHERE p.scan > 0 ORDER BY p.id, o.position) TO STDOUT (FORMAT csv)"""


def rows(table):
    files = WORK / "sboms-postgresql"
    files.mkdir(parents=True, exist_ok=True)
    paths = [files / f"service-{number}.json" for number in range(PROJECTS)]
    for number, path in enumerate(paths):
        if not path.exists():
            sbom.write(path, ROWS, seed=number, first=number * ROWS)
    out = WORK / "out"
    out.mkdir(exist_ok=True)
    with Cluster() as base:
        server = f"postgresql://bench@/bench?host={base.env['PGHOST']}&port={base.env['PGPORT']}"
        keys = {}
        for name, where in (("sqlite", []), ("postgresql", ["--database", server])):
            data = WORK / f"engine-{name}"
            shutil.rmtree(data, ignore_errors=True)
            made = waybill("init", "--organization", "Bench", "--email", "bench@example.org", *where, data=data)
            say(f"importing {PROJECTS} documents on {name}")
            waybill("import", "sbom", *paths, "--org", made["orgToken"], "--product", "P", *where, data=data)
            keys[name] = (made["orgToken"], data, where)
        base.psql("VACUUM ANALYZE")

        def report(name):
            token, data, where = keys[name]
            return run(
                WAYBILL, "report", "OrgInventoryReport", "--scope", token, "--format", "json", "--output",
                out / f"{name}.zip", "--data", data, "--json", *where)

        copy = f'set -o pipefail; {PROGRAMS}/psql -X -q -c "{" ".join(QUERY.split())}" | gzip -1 > {out}/copy.csv.gz'
        costs = alternate({
            "on PostgreSQL": lambda: report("postgresql"),
            "on SQLite": lambda: report("sqlite"),
            "COPY, gzip -1": lambda: run("bash", "-c", copy, env=base.env),
        })
        count = PROJECTS * ROWS
        speed = lambda name: f"{name}, {count / costs[name].wall:,.0f} rows/s"
        own = costs["on PostgreSQL"]
        for name, goal in (("COPY, gzip -1", 1), ("on SQLite", None)):
            table.add(
                f"JSON report of {count:,} rows on PostgreSQL", f"{count / own.wall:,.0f} rows/s", speed(name),
                costs[name].wall / own.wall, goal)
        table.add("the same, peak memory", f"{own.peak:.0f} MiB", "", own.peak, 96, least=False, unit=" MiB")
    for name in ("sqlite", "postgresql"):
        shutil.rmtree(WORK / f"engine-{name}", ignore_errors=True)
