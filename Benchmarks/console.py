"""Pages of the console: the time of each at ten thousand projects."""
import contextlib
import http.client
import os
import re
import sqlite3
import statistics
import time
import urllib.parse

from ask import COPIED, PROJECTS, dataset
from measure import Server, say

ROWS = int(os.environ.get("CONSOLE_ROWS", "500"))
TENFOLD = int(os.environ.get("CONSOLE_TENFOLD", "2"))
TIMES = int(os.environ.get("CONSOLE_TIMES", "30"))
GOAL = 20.0
TABLES = {**COPIED, "scan_basis": ["scan"], "project_severity": ["project"], "dependency": ["scan"]}

ORGANIZATION = ["", "?name=service-77", "?sort=-name", "/vulnerabilities", "/vulnerabilities?severity=critical", "/vulnerabilities?state=ignored",
                "/alerts", "/alerts?type=REJECTED_BY_POLICY_RESOURCE", "/alerts?state=all", "/reports", "/report?reportType=OrgAlertsReport", "/imports",
                "/policies", "/changes", "/knowledge", "/people", "/settings", "/audit", "/keys", "/sessions", "/notices", "/search"]
PROJECT = ["", "/vulnerabilities", "/alerts", "/libraries", "/libraries?name=a", "/licences", "/paths", "/files", "/history", "/policies",
           "/reports", "/imports", "/report?reportType=ProjectDiffReport"]
PRODUCT = ["", "?name=service-77", "/vulnerabilities", "/alerts", "/reports", "/imports", "/policies"]


class Visitor:
    """Somebody who is signed in."""

    def __init__(self, server, key):
        self.line = http.client.HTTPConnection("127.0.0.1", server.port)
        self.cookie = ""
        form = urllib.parse.urlencode({"userKey": key})
        self.line.request("POST", "/console/enter", form, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = self.line.getresponse()
        answer.read()
        self.cookie = answer.getheader("Set-Cookie").split(";")[0]

    def get(self, address):
        """Milliseconds and the page."""
        begun = time.perf_counter()
        self.line.request("GET", address, headers={"Cookie": self.cookie})
        answer = self.line.getresponse()
        body = answer.read().decode()
        if answer.status != 200:
            raise SystemExit(f"{address}: {answer.status} {body[:500]}")
        return (time.perf_counter() - begun) * 1000, body


def addresses(visitor, org):
    """Addresses of all pages by what they are, those about one thing by the first link that leads to one."""
    root = f"/console/organization/{org}"
    found = {f"organization{page}": root + page for page in ORGANIZATION}
    for word in ("product", "project"):
        home = re.search(rf'"(/console/{word}/[0-9a-f]{{64}})"', visitor.get(root)[1] + visitor.get(root + "/alerts")[1])
        for page in PRODUCT if word == "product" else PROJECT:
            found[word + page] = home.group(1) + page
    listing = ("organization/vulnerabilities", "organization/people", "project/libraries", "project/licences")
    pages = [visitor.get(found[what])[1] for what in listing]
    for word in ("vulnerability", "library", "licence", "person"):
        link = re.search(rf'"({root}/{word}/[^"]+)"', "".join(pages))
        if link is None:
            raise SystemExit(f"no page leads to a {word}")
        found[word] = link.group(1)
    for words in ("left pad", found["vulnerability"].rsplit("/", 1)[1]):
        found[f"search for {words}"] = f"{root}/search?q={urllib.parse.quote(words)}"
    return found


def change(data):
    """Raises the revision of a project, and of what is around it, as each import does."""
    with contextlib.closing(sqlite3.connect(data / "waybill.sqlite", timeout=20)) as base, base:
        project, product, organization = base.execute("SELECT id, product, organization FROM project ORDER BY random() LIMIT 1").fetchone()
        for kind, number in (("project", project), ("product", product), ("organization", organization)):
            base.execute(f"UPDATE {kind} SET revision = revision + 1 WHERE id = ?", (number,))


def after_changes(data, visitor, address):
    """Milliseconds of the first look at a page after a change of one project."""
    times = []
    for _ in range(TIMES):
        change(data)
        times.append(visitor.get(address)[0])
    return sorted(times)


def console(table):
    data, keys = dataset("console", ROWS, TENFOLD, TABLES)
    size = f"{PROJECTS * 10 ** TENFOLD:,} projects, {PROJECTS * ROWS * 10 ** TENFOLD:,} occurrences"
    with Server(data, "--workers", "0") as server:
        visitor = Visitor(server, keys["userKey"])
        first, _ = visitor.get(f"/console/organization/{keys['orgToken']}")
        say(f"the first look at the organization, with sums over all projects: {first:.0f} ms")
        floor = statistics.median(visitor.get("/console/style.css")[0] for _ in range(TIMES))
        times = after_changes(data, visitor, f"/console/organization/{keys['orgToken']}")
        middle = statistics.median(times) - floor
        table.add(f"organization after a change, {size}", f"{middle:.1f} ms", f"worst of {TIMES}: {times[-1] - floor:.1f} ms", middle, GOAL, least=False, unit=" ms")
        for what, address in addresses(visitor, keys["orgToken"]).items():
            visitor.get(address)
            times = sorted(visitor.get(address)[0] - floor for _ in range(TIMES))
            middle = statistics.median(times)
            table.add(f"{what}, {size}", f"{middle:.1f} ms", f"worst of {TIMES}: {times[-1]:.1f} ms", middle, GOAL, least=False, unit=" ms")
