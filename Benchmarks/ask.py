"""Questions over HTTP: the time of a first page at a million occurrences."""
import http.client
import json
import os
import shutil
import sqlite3
import statistics
import time
import urllib.parse

import advisories
import sbom
from measure import WORK, Server, say, waybill
from slopes import grown

PROJECTS, ROWS = 100, 1000
TENFOLD = int(os.environ.get("ASK_TENFOLD", "1"))
TIMES = 200
GOAL = 5.0


def copied(base, table, shift, changed):
    """Copies the rows of a table for the scans or projects that `grown` made."""
    columns = [row[1] for row in base.execute(f"PRAGMA table_info({table})")]
    cells = ", ".join(f"{c} + ?1" if c in changed else c for c in columns)
    for number in range(1, 10):
        base.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {cells} FROM {table} WHERE {changed[0]} < ?2",
            (number * shift, shift))
    base.commit()


# What a scan or a project has beside its occurrences and alerts, with the column that says of which.
COPIED = {"exposure": ["scan"], "component": ["scan"], "inventory_event": ["project", "id", "scan"]}


def dataset(name="ask", rows=ROWS, tenfold=TENFOLD, tables=COPIED):
    """A data directory of PROJECTS x rows x 10^tenfold occurrences, kept; its keys and some of its libraries."""
    data = WORK / f"{name}-{tenfold}"
    keys = data / "keys.json"
    if keys.exists():
        return data, json.loads(keys.read_text())
    shutil.rmtree(data, ignore_errors=True)
    files = WORK / f"{name}-sboms"
    files.mkdir(parents=True, exist_ok=True)
    made = waybill("init", "--organization", "Bench", "--email", "bench@example.org", data=data)
    paths = [files / f"service-{number}.json" for number in range(PROJECTS)]
    # Two of three projects need the same libraries, the others their own.
    for number, path in enumerate(paths):
        shared = number % 3 > 0
        sbom.write(path, rows, seed=0 if shared else number, first=0 if shared else (number + 1) * rows)
        # The project has the name of what its document describes.
        path.write_text(path.read_text().replace('"name":"service-0"', f'"name":"service-{number}"', 1))
    advisories.write_some(files / "advisories.jsonl", paths, rows)
    waybill("import", "advisories", files / "advisories.jsonl", data=data)
    say(f"importing {PROJECTS} projects of {rows} libraries")
    waybill("import", "sbom", *paths, "--org", made["orgToken"], "--product", "Services", data=data)
    with sqlite3.connect(data / "waybill.sqlite") as base:
        for power in range(tenfold):
            shift = 10 ** (6 + power)
            say(f"growing to {PROJECTS * rows * 10 ** (power + 1):,} occurrences")
            grown(base, shift)
            for table, changed in tables.items():
                copied(base, table, shift, changed)
        component = json.load(open(paths[1]))["components"][rows // 2]
        made["purl"] = component["purl"]
        made["name"] = component["name"]
        made["cve"] = base.execute(
            """SELECT v.name FROM exposure e JOIN vulnerability v ON v.id = e.vulnerability
            GROUP BY v.id ORDER BY count(*) DESC LIMIT 1""").fetchone()[0]
        made["license"] = base.execute(
            "SELECT n.spdx FROM library_license x JOIN license n ON n.id = x.license GROUP BY n.id ORDER BY count(*) DESC").fetchone()[0]
        made["rare license"] = base.execute(
            "SELECT n.spdx FROM library_license x JOIN license n ON n.id = x.license GROUP BY n.id ORDER BY count(*)").fetchone()[0]
    keys.write_text(json.dumps(made))
    shutil.rmtree(files)
    return data, made


def ask(table):
    data, keys = dataset()
    whole = urllib.parse.unquote(keys["purl"]).split("?")[0]
    package, version = whole.rsplit("@", 1)
    name = keys["name"]
    questions = {
        "a vulnerability": {"cve": keys["cve"]}, "a package with its version": {"purl": whole},
        "a package in a range": {"purl": f"{package}@vers:semver/>=0|<1000000"},
        "a licence of most libraries": {"license": keys["license"]},
        "a licence of few": {"license": keys["rare license"]}, "a name": {"library": name},
        "a part of many names": {"library": name[:3]}, "a part that nothing has": {"library": "nothing-like-it"},
        "a part of two letters": {"library": name[:2]}, "an unknown digest": {"digest": "0" * 40},
    }
    size = f"{PROJECTS * ROWS * 10 ** TENFOLD:,} occurrences"
    with Server(data) as server:
        line = http.client.HTTPConnection("127.0.0.1", server.port)

        def get(address):
            begun = time.perf_counter()
            line.request("GET", address, headers={"X-Api-Key": keys["userKey"]})
            answer = line.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise SystemExit(f"{address}: {answer.status} {body.decode()}")
            return (time.perf_counter() - begun) * 1000, body

        floor = statistics.median(get("/health/live")[0] for _ in range(TIMES))
        say(f"the way to the server and back takes {floor:.2f} ms")
        for what, question in questions.items():
            address = "/api/ask?" + urllib.parse.urlencode(question)
            items = len(json.loads(get(address)[1])["items"])
            times = sorted(get(address)[0] - floor for _ in range(TIMES))
            middle = statistics.median(times)
            table.add(
                f"first page of {what}, {items} items, {size}", f"{middle:.2f} ms",
                f"worst of {TIMES}: {times[-1]:.1f} ms", middle, GOAL, least=False, unit=" ms")
