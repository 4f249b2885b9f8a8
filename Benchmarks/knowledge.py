"""What is published arrives: an archive of advisories, a list of exploited vulnerabilities; and a decision about thousands of projects."""
import json
import os
import shutil
import sqlite3
import time
import zipfile

import advisories
import ask
import sbom
from measure import WAYBILL, WORK, Server, call, run, say, waybill
from slopes import grown

RECORDS = int(os.environ.get("ADVISORIES", "300000"))
TEXT = ("Input that is nested deeply keeps {name} busy: each level is read again for every level above it, so that some kilobytes take minutes. "
        "The fault is in the reader of {name}, which is reached by default. Nobody has to sign in. Upgrade, or refuse input of more than a hundred "
        "levels before it is read. ") * 3


def mirror(path, components):
    """A mirror of npm with so many records, one in twenty of a component's package; as OSV's, each is a file of the archive."""
    shutil.rmtree(path, ignore_errors=True)
    folder = path / "osv" / "npm"
    folder.mkdir(parents=True)
    names = [advisories.package(part)[1] for part in components if part["purl"].startswith("pkg:npm/")]
    lines = []
    with zipfile.ZipFile(folder / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(RECORDS):
            name = names[number // 20 % len(names)] if number % 20 == 0 else f"unheard-of-{number}"
            record = advisories.advisory(number, "npm", name)
            record["details"] = TEXT.format(name=name)
            record["references"] = [{"type": "WEB", "url": f"https://example.org/{name}/{n}"} for n in range(4)]
            archive.writestr(f"{record['id']}.json", json.dumps(record))
            lines.append(f"{record['modified']},{record['id']}\n")
    (folder / "modified_id.csv").write_text("".join(lines))


def feeds(table):
    data, document, source = WORK / "feeds", WORK / "feeds.json", WORK / "feeds-mirror"
    shutil.rmtree(data, ignore_errors=True)
    token = waybill("init", "--organization", "Bench", "--email", "bench@example.org", data=data)["orgToken"]
    sbom.write(document, 2000, seed=5)
    waybill("import", "sbom", document, "--org", token, "--product", "P", data=data)
    say(f"making a mirror of {RECORDS:,} records")
    mirror(source, json.loads(document.read_text())["components"])

    def update():
        cost = run(WAYBILL, "update", "osv/npm", "--from", source, "--data", data, "--json")
        return cost, json.loads(cost.output)["sources"][0]["state"]

    first, state = update()
    assert state == "updated", state
    # The goal is for a machine with nothing else to do: this says how fast it is now.
    reading = "import json,sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); [json.loads(z.read(n)) for n in z.namelist()]"
    python = run("python3", "-c", reading, source / "osv" / "npm" / "all.zip")
    table.add(
        f"{RECORDS:,} advisories arrive, CPU", f"{first.cpu:.1f} s", f"zipfile and json.loads {python.cpu:.1f} s", first.cpu, 20, least=False,
        unit=" s")
    table.add("their arrival, peak memory", f"{first.peak:.0f} MiB", "", first.peak, 200, least=False, unit=" MiB")
    # The same content under another time: a file with the same size and time would not be opened.
    for file in (source / "osv" / "npm").iterdir():
        os.utime(file)
    again, state = update()
    assert state == "unchanged", state
    table.add("the same again", f"{again.wall:.2f} s", f"CPU {again.cpu:.2f} s", again.wall, 2, least=False, unit=" s")
    for path in (data, source):
        shutil.rmtree(path)


def exploited(table):
    """A list names vulnerabilities of a million occurrences; whoever subscribed hears of each project."""
    kept, keys = ask.dataset()
    data, source = WORK / "exploited", WORK / "exploited-mirror"
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(kept, data)
    with sqlite3.connect(data / "waybill.sqlite") as base:
        # The made-up advisories of these have no CVE, and the list knows nothing else.
        ids = [number for (number,) in base.execute(
            "SELECT vulnerability FROM exposure GROUP BY vulnerability ORDER BY count(*) DESC LIMIT 4")]
        names = [f"CVE-2026-{10_000 + number}" for number in ids]
        for number, name in zip(ids, names):
            base.execute("UPDATE vulnerability SET name = ?, type = 'CVE' WHERE id = ?", (name, number))
        marks = ", ".join("?" * len(names))
        concerned = base.execute(
            f"""SELECT count(DISTINCT a.project) FROM alert a JOIN vulnerability v ON v.id = a.vulnerability
            WHERE v.name IN ({marks}) AND a.state = 'OPEN'""", names).fetchone()[0]
        base.execute(
            """INSERT INTO subscription (id, organization, product, project, account, webhook, address, kinds, severity, exploited, rhythm, run_at, created_at)
            SELECT 1, organization, 0, 0, account, 0, 'bench@example.org', char(10) || 'EXPLOITED' || char(10), 0, 0, 'WEEKLY', 1 << 52, 0 FROM assignment LIMIT 1""")
    shutil.rmtree(source, ignore_errors=True)
    (source / "kev").mkdir(parents=True)
    entries = [{"cveID": name, "dateAdded": "2026-01-02"} for name in names]
    entries += [{"cveID": f"CVE-2019-{number}", "dateAdded": "2025-01-02"} for number in range(10_000, 11_500)]
    (source / "kev" / "known_exploited_vulnerabilities.json").write_text(
        json.dumps({"dateReleased": "2026-01-03T00:00:00Z", "vulnerabilities": entries}))
    cost = run(WAYBILL, "update", "kev", "--from", source, "--data", data, "--json")
    assert json.loads(cost.output)["sources"][0]["state"] == "updated", cost.output
    with sqlite3.connect(data / "waybill.sqlite") as base:
        said = base.execute("SELECT count(DISTINCT project) FROM notice_item").fetchone()[0]
        size = base.execute("SELECT count(*) FROM occurrence").fetchone()[0]
    assert said == concerned > 0, (said, concerned)
    table.add(
        f"a new KEV file over {size:,} occurrences names {said:,} projects", f"{cost.wall:.2f} s", f"CPU {cost.cpu:.2f} s", cost.wall, 2,
        least=False, unit=" s")
    for path in (data, source):
        shutil.rmtree(path)


def decisions(table):
    """One call decides about a library in all projects of an organization."""
    data, files = WORK / "decisions", WORK / "decisions-sboms"
    shutil.rmtree(data, ignore_errors=True)
    files.mkdir(parents=True, exist_ok=True)
    keys = waybill("init", "--organization", "Bench", "--email", "bench@example.org", data=data)
    paths = [files / f"service-{number}.json" for number in range(30)]
    for number, path in enumerate(paths):
        sbom.write(path, 100, seed=0)
        path.write_text(path.read_text().replace('"name":"service-0"', f'"name":"service-{number}"', 1))
    component = json.loads(paths[0].read_text())["components"][50]
    record = advisories.advisory(1, *advisories.package(component))
    (files / "advisory.json").write_text(json.dumps(record))
    waybill("import", "advisories", files / "advisory.json", data=data)
    waybill("import", "sbom", *paths, "--org", keys["orgToken"], "--product", "Services", data=data)
    with sqlite3.connect(data / "waybill.sqlite") as base:
        for power in range(2):
            shift = 10 ** (6 + power)
            grown(base, shift)
            ask.copied(base, "exposure", shift, ["scan"])
            ask.copied(base, "project_severity", shift, ["project"])
        projects = base.execute("SELECT count(*) FROM project").fetchone()[0]
    with Server(data) as server:
        begun = time.perf_counter()
        answer = call(
            server, "waybillDecide", orgToken=keys["orgToken"], userKey=keys["userKey"], vulnerability=record["aliases"][0],
            reason="not_affected", justification="code_not_reachable", comments="the reader is never called")
        took = time.perf_counter() - begun
    assert answer.get("alerts") == projects, answer
    table.add(f"one call decides in {projects:,} projects", f"{took:.2f} s", "", took, 5, least=False, unit=" s")
    for path in (data, files):
        shutil.rmtree(path)
