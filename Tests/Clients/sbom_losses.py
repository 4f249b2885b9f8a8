"""What a conversion between the standards loses, by counting: docs/sbom.md has the result.

    sbom_losses.py WAYBILL FOLDER

Each JSON document of FOLDER is imported and asked for again in its own standard (what Waybill itself does not keep), and once more after
it was asked for in the other standard and that was imported. Facts are counted in all three. Prints two tables in Markdown.
"""
import io
import json
import pathlib
import subprocess
import sys
import time
import urllib.request
import zipfile

from server import Server


def said(value):
    """Whether a value says something: blanks, NOASSERTION and objects of such do not."""
    if isinstance(value, dict):
        return any(said(part) for part in value.values())
    if isinstance(value, list):
        return any(said(part) for part in value)
    return value is not None and str(value).strip() not in ("", "NOASSERTION", "NONE", "Organization:", "Person:")

def everything(parts, below="components"):
    for part in parts or []:
        yield part
        yield from everything(part.get(below), below)

def cyclonedx(document):
    main = (document.get("metadata") or {}).get("component")
    components = list(everything(document.get("components"))) + ([main] if main else [])
    vulnerabilities = document.get("vulnerabilities") or []

    def have(key):
        return sum(1 for c in components if said(c.get(key)))

    def items(key):
        return sum(len(c.get(key) or []) for c in components)

    licenses = [c for component in components for c in component.get("licenses") or []]
    return {
        "components": len(components), "versions": have("version"), "purls": have("purl"), "CPEs": have("cpe"),
        "types other than library": sum(1 for c in components if c.get("type") not in ("library", None)),
        "groups": have("group"), "hashes": items("hashes"), "licences": len(licenses),
        "licence texts": sum(1 for c in licenses if ((c.get("license") or {}).get("text") or {}).get("content")),
        "suppliers": have("supplier"), "authors": sum(1 for c in components if c.get("author") or c.get("authors")),
        "publishers": have("publisher"), "copyrights": have("copyright"), "descriptions": have("description"),
        "external references": items("externalReferences"), "properties": items("properties"), "scopes": have("scope"),
        "evidence": have("evidence"), "pedigrees": have("pedigree"), "SWID tags": have("swid"),
        "dependencies": sum(len(d.get("dependsOn") or []) for d in document.get("dependencies") or []),
        "components in components": sum(len(c.get("components") or []) for c in components),
        "services": len(list(everything(document.get("services"), "services"))), "compositions": len(document.get("compositions") or []),
        "vulnerabilities": len(vulnerabilities), "ratings": sum(len(v.get("ratings") or []) for v in vulnerabilities),
        "analyses (VEX)": sum(1 for v in vulnerabilities if v.get("analysis")),
    }

def spdx(document):
    packages, files = document.get("packages") or [], document.get("files") or []
    references = [r for p in packages for r in p.get("externalRefs") or []]
    relationships = document.get("relationships") or []

    def have(key, among=packages):
        return sum(1 for p in among if said(p.get(key)))

    def between(*kinds):
        return sum(1 for r in relationships if r.get("relationshipType") in kinds)

    direct = ("DEPENDS_ON", "DEPENDENCY_OF", "CONTAINS", "CONTAINED_BY", "DESCRIBES", "DESCRIBED_BY")
    return {
        "packages": len(packages), "versions": have("versionInfo"),
        "purls": sum(1 for r in references if r.get("referenceType") == "purl"),
        "other external references": sum(1 for r in references if r.get("referenceType") != "purl"),
        "checksums": sum(len(p.get("checksums") or []) for p in packages),
        "concluded licences": have("licenseConcluded"), "declared licences": have("licenseDeclared"),
        "licences found in files": sum(len(p.get("licenseInfoFromFiles") or []) for p in packages),
        "licence comments": have("licenseComments"),
        "extracted licence texts": len(document.get("hasExtractedLicensingInfos") or []),
        "suppliers": have("supplier"), "originators": have("originator"), "copyrights": have("copyrightText"),
        "descriptions": have("description"), "summaries": have("summary"), "comments": have("comment"),
        "home pages": have("homepage"), "download locations": have("downloadLocation"), "file names": have("packageFileName"),
        "source information": have("sourceInfo"), "attribution texts": have("attributionTexts"),
        "purposes": have("primaryPackagePurpose"), "verification codes": have("packageVerificationCode"),
        "release and other dates": have("releaseDate") + have("builtDate") + have("validUntilDate"),
        "files": len(files), "checksums of files": sum(len(f.get("checksums") or []) for f in files),
        "snippets": len(document.get("snippets") or []),
        "annotations": sum(len(x.get("annotations") or []) for x in [document, *packages, *files]),
        "DEPENDS_ON, DEPENDENCY_OF": between("DEPENDS_ON", "DEPENDENCY_OF"), "CONTAINS, CONTAINED_BY": between("CONTAINS", "CONTAINED_BY"),
        "other relationships": sum(1 for r in relationships if r.get("relationshipType") not in direct),
        "references to other documents": len(document.get("externalDocumentRefs") or []),
    }

class Client:
    def __init__(self, program):
        self.server, self.number = Server(program), 0

    def call(self, request_type, **fields):
        body = json.dumps({"requestType": request_type, "userKey": self.server.key, "orgToken": self.server.org, **fields}).encode()
        asked = urllib.request.Request(self.server.url + "/api/v1.4", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=600) as answer:
            data = answer.read()
            return json.loads(data) if "json" in answer.headers["Content-Type"] else data

    def take(self, path):
        """Imports a document as a project; None when it is not one that is read."""
        self.number += 1
        done = subprocess.run(
            [self.server.program, "import", "sbom", str(path), "--org", self.server.org, "--product", "M", "--project",
             f"p{self.number}", "--data", self.server.data, "--json"], capture_output=True, text=True)
        return json.loads(done.stdout)["projects"][0]["projectToken"] if done.returncode == 0 else None

    def give(self, project, standard, version):
        answer = self.call(
            "generateProjectReportAsync", projectToken=project, reportType="ProjectSBOMReport", standard=standard,
            version=version, format="json", maxDepthLevel=1000)
        uuid = answer["asyncProcessStatus"]["uuid"]
        while True:
            state = self.call("getAsyncProcessStatus", uuid=uuid)["asyncProcessStatus"]
            if state["status"] == "SUCCESS":
                with zipfile.ZipFile(io.BytesIO(self.call("downloadAsyncReport", reportStatusUUID=uuid))) as archive:
                    return archive.read(archive.namelist()[0])
            if state["status"] == "FAILED":
                sys.exit(f"{project}: {state}")
            time.sleep(0.01)

def main():
    program, folder = sys.argv[1:3]
    client = Client(program)
    forms = {"CycloneDX": ("1.6", cyclonedx, "SPDX"), "SPDX": ("2.3", spdx, "CycloneDX")}
    totals = {name: [{}, {}, {}, 0] for name in forms}
    other = pathlib.Path(client.server.folder, "other.json")
    for path in sorted(pathlib.Path(folder).rglob("*.json")):
        try:
            document = json.loads(path.read_bytes())
        except ValueError:
            continue
        if not isinstance(document, dict):
            continue
        standard = "CycloneDX" if "bomFormat" in document else "SPDX" if "spdxVersion" in document else None
        project = client.take(path) if standard else None
        if not project:
            continue
        version, count, through = forms[standard]
        direct = json.loads(client.give(project, standard, version))
        other.write_bytes(client.give(project, through, forms[through][0]))
        back = json.loads(client.give(client.take(other), standard, version))
        for total, found in zip(totals[standard], (document, direct, back)):
            for name, number in count(found).items():
                total[name] = total.get(name, 0) + number
        totals[standard][3] += 1
    client.server.stop()
    for standard, (given, direct, back, number) in totals.items():
        through = forms[standard][2]
        print(f"{number} documents of {standard}:\n")
        print(f"| | in the documents | asked for as {standard} | by way of {through} |\n|---|---|---|---|")
        for name, count in given.items():
            if count or direct[name] or back[name]:
                print(f"| {name} | {count:,} | {direct[name]:,} | {back[name]:,} |")
        print()

if __name__ == "__main__":
    main()
