"""What grows as an inventory grows from ten thousand occurrences to a million, and in a part of its own to ten million."""
import json
import shutil
import sqlite3
import time

import advisories
import sbom
from measure import WAYBILL, WORK, run, say, waybill

PROJECTS, ROWS = 10, 1000
REPORTS = ["OrgInventoryReport", "OrgLicensesReport", "OrgVulnerabilityReport", "OrgAlertsReport"]


def grown(base, shift):
    """Makes ten times as many projects of those that are there: their occurrences and alerts, of the same libraries."""
    for number in range(1, 10):
        by = number * shift
        base.execute("""INSERT INTO project (id, organization, product, token, name, created_at, updated_at, revision, scan)
            SELECT id + ?1, organization, product, printf('%064x', id + ?1), name || '-' || ?1, created_at, updated_at, revision, scan + ?1
            FROM project WHERE id < ?2""", (by, shift))
        base.execute("""INSERT INTO scan (id, organization, project, state, created_at, document, libraries)
            SELECT id + ?1, organization, project + ?1, state, created_at, document, libraries FROM scan WHERE id < ?2""", (by, shift))
        base.execute("""INSERT INTO occurrence (scan, position, library, direct, depth, count)
            SELECT scan + ?1, position, library, direct, depth, count FROM occurrence WHERE scan < ?2 ORDER BY scan, position""", (by, shift))
        columns = [row[1] for row in base.execute("PRAGMA table_info(alert)")]
        cells = ", ".join({"project": "project + ?1", "uuid": "printf('%08x-', ?1) || uuid"}.get(c, c) for c in columns)
        base.execute(f"INSERT INTO alert ({', '.join(columns)}) SELECT {cells} FROM alert WHERE project < ?2", (by, shift))
        base.commit()


def slopes(table):
    grow(table, (10**4, 10**5, 10**6))


def slopes_large(table):
    """The same up to ten million; says what it took of the disk and of the day."""
    begun = time.monotonic()
    size = grow(table, (10**4, 10**5, 10**6, 10**7))
    table.add("the run up to 10,000,000 occurrences", f"{size / 2**30:.1f} GiB of disk", "", (time.monotonic() - begun) / 3600, None, unit=" hours")


def grow(table, sizes):
    """Adds the figures of each size beside those of the first one; gives the bytes of the largest database."""
    data, files = WORK / "slopes", WORK / "slopes-sboms"
    shutil.rmtree(data, ignore_errors=True)
    files.mkdir(parents=True, exist_ok=True)
    made = waybill("init", "--organization", "Bench", "--email", "bench@example.org", data=data)
    paths = [files / f"service-{number}.json" for number in range(PROJECTS + 1)]
    for number, path in enumerate(paths):
        sbom.write(path, ROWS, seed=number, first=(number % 20) * ROWS)
    # A library in twenty has a vulnerability.
    advisories.write_some(files / "advisories.jsonl", paths, ROWS)
    waybill("import", "advisories", files / "advisories.jsonl", data=data)
    say(f"importing {PROJECTS} projects of {ROWS} libraries")
    waybill("import", "sbom", *paths[:-1], "--org", made["orgToken"], "--product", "Services", data=data)
    first = {}
    for size in sizes:
        if size > sizes[0]:
            say(f"growing to {size:,} occurrences")
            with sqlite3.connect(data / "waybill.sqlite") as base:
                # All numbers so far are below it.
                grown(base, size)
        costs = [run(WAYBILL, "import", "sbom", paths[-1], "--org", made["orgToken"], "--product", "New", "--project", f"new {size} {n}",
                     "--data", data, "--json") for n in range(3)]
        figures = {"import of a project, seconds": sorted(cost.wall for cost in costs)[1]}
        for kind in REPORTS:
            cost = run(WAYBILL, "report", kind, "--scope", made["orgToken"], "--format", "json", "--output", WORK / "slopes.zip",
                       "--data", data, "--json")
            figures[f"{kind} as JSON, µs for a row"] = cost.wall / json.loads(cost.output)["rows"] * 1e6
        for name, value in figures.items():
            first.setdefault(name, value)
            table.add(f"{name}, {size:,} occurrences", f"{value:.3g}", f"{sizes[0]:,} occurrences {first[name]:.3g}", value / first[name], None)
    size = (data / "waybill.sqlite").stat().st_size
    shutil.rmtree(data)
    shutil.rmtree(files)
    return size
