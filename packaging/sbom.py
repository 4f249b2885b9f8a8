#!/usr/bin/env python3
"""Has Waybill write the SBOMs of its own binary: sbom.py BINARY VERSION FOLDER

The packages of the shared libraries (dpkg, ldd, readelf) with their licences (packaging/copyright) and the Swift runtime go in as
CycloneDX; what comes out are Waybill's own ProjectSBOMReports: SPDX 2.3 and CycloneDX 1.6."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse
import zipfile

BINARY, VERSION, FOLDER = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], pathlib.Path(sys.argv[3])
COPYRIGHT = pathlib.Path(__file__).with_name("copyright")
SPDX = {
    "LGPL-2.1+": "LGPL-2.1-or-later", "LGPL-2+": "LGPL-2.0-or-later", "FTL or GPL-2+": "FTL OR GPL-2.0-or-later",
    "HPND-sell-variant": "HPND-sell-variant", "Expat": "MIT", "BSD-3-clause": "BSD-3-Clause", "BSD-3-clause or GPL-2": "BSD-3-Clause OR GPL-2.0-only",
    "PostgreSQL": "PostgreSQL", "Zlib": "Zlib", "curl": "curl", "Apache-2.0": "Apache-2.0",
    "GPL-3+ with the GCC Runtime Library Exception": "GPL-3.0-or-later WITH GCC-exception-3.1",
}


def output(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def licences():
    """The licences that packaging/copyright says, as SPDX; what is no SPDX identifier is left out."""
    found = re.findall(r"^ (\S+): (.+)$", COPYRIGHT.read_text(), re.MULTILINE)
    return {name: SPDX[words] for name, text in found if (words := text.split(",")[0]) in SPDX}


def needed(path):
    return re.findall(r"\(NEEDED\)\s+Shared library: \[(.+)\]", output("readelf", "-d", path))


def libraries():
    """Paths of all shared libraries of the binary by their names."""
    lines = re.findall(r"^\s*(\S+) => (/\S+)", output("ldd", str(BINARY)), re.MULTILINE)
    return {name: os.path.realpath(path) for name, path in lines}


def package(path):
    """The Debian package of a file; None for what no package has, as the Swift runtime of the toolchain."""
    for candidate in (path, path.removeprefix("/usr"), "/usr" + path):
        found = subprocess.run(["dpkg-query", "-S", candidate], capture_output=True, text=True)
        if found.returncode == 0:
            return found.stdout.split(": ")[0].split(",")[0].split(":")[0]
    return None


def document():
    paths = libraries()
    owner = {name: package(path) for name, path in paths.items()}
    known = licences()
    debian = re.search(r'^VERSION_ID="?([^"\n]+)', pathlib.Path("/etc/os-release").read_text(), re.MULTILINE).group(1)
    swift = re.search(r"Swift version (\S+)", output("swift", "--version")).group(1)
    refs, components, edges = {}, [], {"waybill": {"swift"}, "swift": set()}
    for name in sorted({each for each in owner.values() if each}):
        arch, version = output("dpkg-query", "-W", "-f", "${Architecture} ${Version}\n", name).splitlines()[0].split()
        coordinates = "@".join(urllib.parse.quote(each, safe=":") for each in (name, version))
        refs[name] = f"pkg:deb/debian/{coordinates}?arch={arch}&distro=debian-{debian}"
        component = {
            "type": "library", "bom-ref": refs[name], "supplier": {"name": "Debian"}, "name": name, "version": version, "purl": refs[name],
        }
        if name in known:
            component["licenses"] = [{"expression": known[name]}]
        components.append(component)
    components.append({
        "type": "library", "bom-ref": "swift", "supplier": {"name": "Swift project"}, "name": "swift", "version": swift,
        "purl": f"pkg:github/swiftlang/swift@{swift}",
        "description": "Swift standard library, Foundation's essentials and libdispatch, linked into the program",
        "licenses": [{"expression": "Apache-2.0 WITH Swift-exception"}],
    })
    for name, path in {"waybill": str(BINARY), **paths}.items():
        source = "waybill" if name == "waybill" else refs.get(owner[name] or "")
        for each in needed(path) if source else []:
            target = refs.get(owner.get(each) or "")
            if target and target != source:
                edges.setdefault(source, set()).add(target)
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {
            "type": "application", "bom-ref": "waybill", "supplier": {"name": "Waybill maintainers"}, "name": "waybill", "version": VERSION,
            "licenses": [{"license": {"id": "Apache-2.0"}}],
        }},
        "components": components,
        "dependencies": [{"ref": ref, "dependsOn": sorted(targets)} for ref, targets in sorted(edges.items())],
    }


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "waybill.cdx.json")
        source.write_text(json.dumps(document()))

        def waybill(*words):
            return json.loads(output(str(BINARY), *words, "--json", "--data", f"{folder}/data", "--log-level", "error"))

        organization = waybill("init", "--organization", "Waybill", "--email", "release@example.org")
        project = waybill("import", "sbom", str(source), "--org", organization["orgToken"], "--product", "Waybill")["projects"][0]
        forms = [
            ("spdx.json", {"standard": "SPDX", "version": "2.3"}),
            ("cdx.json", {"standard": "CycloneDX", "version": "1.6", "maxDepthLevel": "99"}),
        ]
        for ending, filters in forms:
            archive = f"{folder}/report.zip"
            waybill(
                "report", "ProjectSBOMReport", "--scope", project["projectToken"], "--format", "json",
                "--filter", json.dumps(filters), "--output", archive)
            with zipfile.ZipFile(archive) as report:
                (name,) = report.namelist()
                FOLDER.joinpath(f"waybill-{VERSION}.{ending}").write_bytes(report.read(name))
        print(f"{project['libraries']} components in {FOLDER}/waybill-{VERSION}.spdx.json and .cdx.json")


main()
