"""Each tabular report on 200,000 rows, beside the inventory report of the same data."""
import json
import os
import pathlib
import shutil
import sqlite3
import zipfile

import advisories
import sbom
from measure import WAYBILL, WORK, alternate, run, say, waybill

PROJECTS, ROWS = 20, 10_000
# Reports that do more for a row than read it; why stands in docs/benchmarks.md.
SLOW_BY_NATURE = {"EffectiveLicensesReport", "EffectiveUsageAnalysisReport", "LibrarySecurityAlertsReport"}

ORGANIZATION = """Org: AlertsReport AttributesReport BugsReport ClusterInventoryReport ContainerVulnerabilityReport EarlyWarningsReport
    EffectiveLicensesReport EffectiveUsageAnalysisReport HistoryReport IgnoreAlertsReport InHouseReport InventoryReport LibraryLocationReport
    LibrarySecurityAlertsReport LicenseAndComplianceAlertReport LicensesReport MembersReport ResolvedAlertsReport
    SecurityAlertsReport SourceFileInventoryReport VulnerabilityReport"""
PLAIN = ["ChangeLogReport", "PluginPolicyViolationReport", "PluginRequestHistoryReport"]
# What organizations have not, or what takes another way through the database for a product.
PRODUCT = """Product: InventoryReport LibraryLocationReport VulnerabilityReport AlertsReport LicensesReport"""

# What imports do not bring, as calls would have said it, one for each library or so.
FILL = [
    # Alerts of the other states.
    *(f"""INSERT INTO alert SELECT project, number + {shift}, organization, uuid || '-{state}', type, level, library, library_uuid, direct,
        subject || '{state}', vulnerability, policy, description, '{state}', created_at, modified_at, {resolved}, '{reason}', '{decision}',
        1, 0, 'said so' FROM alert WHERE state = 'OPEN'"""
      for shift, state, resolved, reason, decision in [
          (1_000_000, "IGNORED", 0, "", "IGNORED"), (2_000_000, "RESOLVED", 1_760_000_000_000, "Library removed", "")]),
    """INSERT INTO library_bug SELECT DISTINCT organization, uuid, 0, 'BUG-' || key_id, 'HIGH', 'Breaks when ' || artifact || ' is empty',
        'OPEN', 1760000000000, 'https://bugs.example.org/' || artifact FROM library""",
    "INSERT INTO attribute VALUES (1, 1, 'Owner', 'who looks after it', 'ORGANIZATION', 'TEXT')",
    "INSERT INTO attribute_value SELECT DISTINCT organization, uuid, 1, 0, 0, 'team ' || (key_id % 40) FROM library",
    """INSERT INTO place SELECT p.id, 0, 'cluster-' || (p.id % 3), 'shop', p.name, 'main', 'registry.example.org/' || p.name, '1.0',
        'sha256:' || p.token FROM project p""",
    """INSERT INTO library_claim SELECT o.scan, o.position, v.name, 'not_affected', 'code_not_reachable', 'looked at'
        FROM occurrence o JOIN finding f ON f.library = o.library JOIN vulnerability v ON v.id = f.vulnerability""",
    """INSERT INTO source_file SELECT scan, position, position, 'main' || position || '.c', 'src/main' || position || '.c',
        printf('%040x', scan * 1000000 + position), '{}' FROM component""",
    "UPDATE component SET locations = 'lib/' || ref || '.jar'",
    """INSERT INTO license_override SELECT 1, row_number() OVER (ORDER BY uuid), uuid, 'MIT', licenses, 'looked at the file', 1, 1760000000000
        FROM (SELECT uuid, min(licenses) AS licenses FROM library GROUP BY uuid)""",
    """INSERT INTO agent_request SELECT l.id, 1, 1760000000000, 'ci@example.org', '192.0.2.7', 'maven-plugin', '23.1', 0, 'Shop',
        l.artifact, 'CHECK_POLICIES', 'token' || l.id, 'FINISHED', '' FROM library l""",
    "INSERT INTO agent_violation SELECT id, 0, filename, '', licenses, 'No copyleft' FROM library",
    """INSERT INTO change (organization, at, category, class, aspect, scope, scope_id, scope_name, before, after, operator, account)
        SELECT 1, 1760000000000 + id, 'METADATA', 'LICENSE', 'MODIFIED', 'LIBRARY', key_id, filename, 'MIT', 'Apache 2.0', 'USER', 1
        FROM library""",
    """INSERT INTO account (id, email, name, kind, key_digest, created_at) SELECT 1000 + id, 'user' || id || '@example.org', 'User ' || id,
        'USER', randomblob(32), 1760000000000 FROM library""",
    "INSERT INTO assignment SELECT 1, 1000 + id, 0, 'MEMBER' FROM library",
]


def dataset():
    """20 projects of 10,000 libraries, each library with a vulnerability; imported once and kept."""
    data = WORK / f"every-{PROJECTS}x{ROWS}"
    keys = data / "keys.json"
    if keys.exists():
        return data, json.loads(keys.read_text())
    shutil.rmtree(data, ignore_errors=True)
    made = waybill("init", "--organization", "Bench", "--email", "bench@example.org", data=data)
    files = WORK / "every-sboms"
    files.mkdir(parents=True, exist_ok=True)
    paths = [files / f"service-{number}.json" for number in range(PROJECTS)]
    say(f"writing and importing {PROJECTS} documents of {ROWS} components, and an advisory for each component")
    for number, path in enumerate(paths):
        sbom.write(path, ROWS, seed=number, first=number * ROWS)
    advisories.write(files / "advisories.jsonl", paths)
    waybill("import", "advisories", files / "advisories.jsonl", data=data)
    waybill("import", "sbom", *paths, "--org", made["orgToken"], "--product", "Services", data=data)
    say("filling in what calls would say")
    with sqlite3.connect(data / "waybill.sqlite") as base:
        for statement in FILL:
            base.execute(statement)
        made["productToken"] = base.execute("SELECT token FROM product").fetchone()[0]
    keys.write_text(json.dumps(made))
    shutil.rmtree(files)
    return data, made


def measured(data, scope, kind, form):
    """What a report took, its rows and the bytes in its ZIP before compression."""
    output = WORK / "every.zip"
    cost = run(WAYBILL, "report", kind, "--scope", scope, "--format", form, "--output", output, "--data", data, "--json")
    with zipfile.ZipFile(output) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    return cost, json.loads(cost.output)["rows"], size


def every(table):
    data, keys = dataset()
    kinds = ["Org" + word for word in ORGANIZATION.split()[1:]] + PLAIN + ["Product" + word for word in PRODUCT.split()[1:]]
    for form in ("json", "xlsx"):
        base = None
        for kind in ["OrgInventoryReport", *[k for k in kinds if k != "OrgInventoryReport"]]:
            if kind == "OrgInHouseReport":
                mark(data, 1)
            best = min((measured(data, keys["productToken" if kind.startswith("Product") else "orgToken"], kind, form) for _ in range(2)), key=lambda made: made[0].cpu)
            if kind == "OrgInHouseReport":
                mark(data, 0)
            cost, rows, size = best
            # A wide report is not asked to give as many rows, a narrow one not as many bytes.
            speeds = rows / cost.cpu, size / cost.cpu
            base = base or speeds
            free = kind.removeprefix("Org").removeprefix("Product") in SLOW_BY_NATURE
            table.add(
                f"{kind} as {form}, {rows:,} rows, {cost.peak:.0f} MiB", f"{speeds[0]:,.0f} rows/s, {speeds[1] / 2**20:.0f} MiB/s",
                f"inventory {base[0]:,.0f} rows/s, {base[1] / 2**20:.0f} MiB/s", max(a / b for a, b in zip(speeds, base)),
                None if free else 1 / 3)


def mark(data, value):
    with sqlite3.connect(data / "waybill.sqlite") as base:
        base.execute("UPDATE library SET in_house = ?", (value,))


def beside(table):
    """Importing a project into a large inventory, beside importing it where there is nothing but the advisories that it meets."""
    projects, rows, count = int(os.environ.get("MANY_PROJECTS", "3000")), 200, 300_000
    large = WORK / f"large-{projects}"
    path = WORK / "beside.json"
    sbom.write(path, 2000, seed=99, first=0)
    if not (large / "keys.json").exists():
        shutil.rmtree(large, ignore_errors=True)
        made = waybill("init", "--organization", "Bench", "--email", "bench@example.org", data=large)
        files = WORK / "large-sboms"
        files.mkdir(parents=True, exist_ok=True)
        say(f"writing and importing {projects} documents of {rows} components and {count:,} advisories")
        paths = [files / f"service-{number}.json" for number in range(projects)]
        for number, document in enumerate(paths):
            # A third of the libraries are those of the project that is measured.
            sbom.write(document, rows, seed=number, first=(number % 15) * rows)
        advisories.write(files / "advisories.jsonl", [path], count)
        waybill("import", "advisories", files / "advisories.jsonl", data=large)
        for begin in range(0, projects, 500):
            waybill(
                "import", "sbom", *paths[begin:begin + 500], "--org", made["orgToken"], "--product", "Services", data=large)
            say(f"{min(begin + 500, projects)} of {projects} projects")
        (large / "keys.json").write_text(json.dumps(made))
        shutil.rmtree(files)
    empty = WORK / "beside-empty"
    shutil.rmtree(empty, ignore_errors=True)
    keys = {large: json.loads((large / "keys.json").read_text()),
            empty: waybill("init", "--organization", "Bench", "--email", "bench@example.org", data=empty)}
    # The same findings in both: what is measured is what the others cost.
    advisories.write(WORK / "beside.jsonl", [path])
    waybill("import", "advisories", WORK / "beside.jsonl", data=empty)
    numbers = {large: 0, empty: 0}

    def into(data):
        numbers[data] += 1
        return run(
            WAYBILL, "import", "sbom", path, "--org", keys[data]["orgToken"], "--product", "New", "--project", f"new {numbers[data]}",
            "--data", data, "--json")

    costs = alternate({"into the large inventory": lambda: into(large), "into an empty one": lambda: into(empty)})
    own, bare = costs["into the large inventory"], costs["into an empty one"]
    table.add(
        f"import of 2,000 libraries beside {projects:,} projects and {count:,} advisories, wall", f"{own.wall:.2f} s",
        f"empty {bare.wall:.2f} s", own.wall / bare.wall, 1.5, least=False)
    table.add("the same, CPU", f"{own.cpu:.2f} s", f"empty {bare.cpu:.2f} s", own.cpu / bare.cpu, 1.5, least=False)
