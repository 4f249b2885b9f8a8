"""Made-up advisories in the form of OSV, a line each."""
import json

REGISTRIES = {"npm": "npm", "maven": "Maven", "pypi": "PyPI"}


def advisory(number, registry, name, score="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"):
    # Every other one has no CVE yet.
    return {
        "id": f"GHSA-{number:012d}", "aliases": [f"CVE-2026-{number + 1000}"] if number % 2 else [], "modified": "2026-01-01T00:00:00Z",
        "published": "2025-12-01T00:00:00Z", "summary": f"{name} takes too long on some input",
        "details": f"Input that is nested deeply keeps {name} busy. Upgrade.",
        "severity": [{"type": "CVSS_V3", "score": score}],
        "affected": [{"package": {"ecosystem": registry, "name": name},
                      "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0.0"}]}]}],
    }


def write(path, documents, count=0):
    """Writes one for each component of the documents, and others about packages that nobody has, `count` in all."""
    number = 0
    with open(path, "w") as file:
        for document in documents:
            for component in json.load(open(document))["components"]:
                kind = component["purl"].split(":")[1].split("/")[0]
                group = component.get("group")
                name = component["name"]
                if group:
                    name = f"{group}:{name}" if kind == "maven" else f"{group}/{name}"
                file.write(json.dumps(advisory(number, REGISTRIES[kind], name)) + "\n")
                number += 1
        while number < count:
            file.write(json.dumps(advisory(number, "npm", f"unheard-of-{number}")) + "\n")
            number += 1
