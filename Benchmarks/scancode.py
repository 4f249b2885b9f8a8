"""SBOMs loaded into a database, beside ScanCode.io's pipeline `load_sbom`."""
import json
import shutil
import zipfile

import sbom
from cluster import Cluster
from measure import WAYBILL, WORK, run, say, venv, waybill

COMPONENTS = 2000


def loading(table):
    # Its plug-ins are not found by newer releases of pluggy.
    scanpipe = venv("scancodeio", "pluggy==1.5.0", "setuptools<81", name="venv-scancode").parent / "scanpipe"
    data, home = WORK / "scancode-data", WORK / "scancode"
    for folder in (data, home):
        shutil.rmtree(folder, ignore_errors=True)
    home.mkdir()
    made = waybill("init", "--organization", "Bench", "--email", "bench@example.org", data=data)
    source = home / "bench.cdx.json"
    sbom.write(source, COMPONENTS, seed=7)
    told = waybill("import", "sbom", source, "--org", made["orgToken"], "--product", "P", data=data)
    waybill("report", "ProjectSBOMReport", "--scope", told["projects"][0]["projectToken"], "--format", "json", "--filter",
            json.dumps({"standard": "spdx", "version": "2.3", "maxDepthLevel": str(COMPONENTS)}), "--output", home / "spdx.zip", data=data)
    with zipfile.ZipFile(home / "spdx.zip") as archive:
        (home / "bench.spdx.json").write_bytes(archive.read(archive.namelist()[0]))
    with Cluster() as base:
        env = {
            "SCANCODEIO_DB_HOST": base.env["PGHOST"], "SCANCODEIO_DB_PORT": base.env["PGPORT"], "SCANCODEIO_DB_USER": base.env["PGUSER"],
            "SCANCODEIO_DB_NAME": base.env["PGDATABASE"], "SECRET_KEY": "bench", "SCANCODEIO_WORKSPACE_LOCATION": str(home / "workspace"),
        }
        run(scanpipe, "migrate", "-v", "0", env=env)
        kept = 0
        for source in (source, home / "bench.spdx.json"):
            name = source.name.split(".")[1]
            own = sorted((run(WAYBILL, "import", "sbom", source, "--org", made["orgToken"], "--product", f"{name} {n}", "--data", data)
                          for n in range(3)), key=lambda cost: cost.wall)[1]
            run(scanpipe, "create-project", name, "--input-file", source, "--pipeline", "load_sbom", env=env)
            theirs = run(scanpipe, "execute", "--project", name, env=env)
            before, kept = kept, int(base.psql("SELECT count(*) FROM scanpipe_discoveredpackage"))
            say(f"ScanCode.io, {name}: {kept - before} packages in {theirs.wall:.1f} s")
            table.add(f"{name}, {COMPONENTS:,} components loaded", f"{COMPONENTS / own.wall:,.0f}/s",
                      f"ScanCode.io {(kept - before) / theirs.wall:,.0f}/s", (COMPONENTS / own.wall) / ((kept - before) / theirs.wall), 20)
    shutil.rmtree(data)
