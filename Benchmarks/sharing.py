"""How long submissions wait while something large is written: an import, a decision about all alerts, statements, scores, a deletion."""
import gzip
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import threading
import time

import sbom
from measure import WAYBILL, WORK, Server, call, say, waybill

ROWS = int(os.environ.get("SHARING_ROWS", "300000"))
STATEMENTS = ROWS // 6
# Milliseconds: 99 of 100 submissions are answered in that time, whatever runs.
GOAL = 250


class Submissions:
    """Submits a report again and again until the block ends, and keeps what each took in milliseconds."""

    def __init__(self, server, keys):
        self.took, self.over = [], threading.Event()
        self.thread = threading.Thread(target=self.run, args=(server, keys))

    def run(self, server, keys):
        while not self.over.is_set():
            begun = time.monotonic()
            answer = call(server, "generateOrganizationReportAsync", reportType="OrgMembersReport", format="json", **keys)
            assert "asyncProcessStatus" in answer, answer
            self.took.append((time.monotonic() - begun) * 1000)
            time.sleep(0.02)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    @property
    def p99(self):
        return sorted(self.took)[len(self.took) * 99 // 100]


def statements(document, path):
    """One statement of OpenVEX for each of some components."""
    parts = json.loads(document.read_text())["components"][:STATEMENTS]
    said = [
        {"vulnerability": {"name": f"CVE-2026-{10_000 + number}"}, "products": [{"@id": part["purl"]}], "status": "affected", "action_statement": "update"}
        for number, part in enumerate(parts)
    ]
    path.write_text(json.dumps({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:bench:1", "author": "Bench", "timestamp": "2026-01-01T00:00:00Z", "version": 1,
        "statements": said}))


def scores(mirror):
    """A mirror with EPSS scores of a day, as many as there are."""
    path = mirror / "epss" / "epss_scores-current.csv.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", compresslevel=1) as file:
        file.write("#model_version:v1,score_date:2026-03-01T00:00:00+0000\ncve,epss,percentile\n")
        for number in range(300_000):
            file.write(f"CVE-{2000 + number // 12_000}-{10_000 + number % 12_000},0.1,0.5\n")


def sharing(table):
    data, document, other, said = WORK / "sharing", *(WORK / f"sharing-{name}.json" for name in ("one", "other", "vex"))
    shutil.rmtree(data, ignore_errors=True)
    sbom.write(document, ROWS, seed=5)
    sbom.write(other, ROWS, seed=6, first=ROWS)
    statements(document, said)
    mirror = WORK / "sharing-mirror"
    scores(mirror)
    made = waybill("init", "--organization", "Bench", "--email", "bench@example.org", data=data)
    place = waybill("import", "sbom", document, "--org", made["orgToken"], "--product", "P", "--project", "J", data=data)["projects"][0]
    keys = {"orgToken": made["orgToken"], "userKey": made["userKey"]}

    def command(*words):
        subprocess.run([str(WAYBILL), *map(str, words), "--data", str(data), "--org", made["orgToken"]], check=True, capture_output=True)

    with Server(data) as server:
        def policy():
            answer = call(server, "addOrganizationPolicy", **keys, policy={
                "name": "all", "filter": {"type": "RESOURCE_NAME", "pattern": "*"}, "action": {"type": "ALERT"}})
            assert "policy" in answer, answer
            # The call does not wait for a project as large as this; a job follows.
            with sqlite3.connect(f"file:{data / 'waybill.sqlite'}?mode=ro", uri=True) as base:
                while base.execute("SELECT count(*) FROM stale_project").fetchone()[0]:
                    time.sleep(0.2)

        works = {
            "import of a new project": lambda: command("import", "sbom", other, "--product", "P", "--project", "K"),
            "import of the same project again": lambda: command("import", "sbom", document, "--product", "P", "--project", "J"),
            "policy about all libraries": policy,
            f"{STATEMENTS:,} statements": lambda: command("import", "vex", said),
            "300,000 EPSS scores": lambda: subprocess.run(
                [str(WAYBILL), "update", "epss", "--from", str(mirror), "--data", str(data)], check=True, capture_output=True),
            "deletion of the project": lambda: (
                call(server, "deleteProject", **keys, productToken=place["productToken"], projectToken=place["projectToken"]), time.sleep(15)),
        }
        for name, work in works.items():
            with Submissions(server, keys) as submissions:
                work()
            took = submissions.took
            say(f"{name}: {len(took)} submissions, median {statistics.median(took):.0f} ms, longest {max(took):.0f} ms")
            table.add(
                f"submission beside: {name} ({ROWS:,} libraries), p99", f"longest {max(took):.0f} ms", "", submissions.p99, GOAL, least=False, unit=" ms")
    for path in (data, mirror):
        shutil.rmtree(path, ignore_errors=True)
