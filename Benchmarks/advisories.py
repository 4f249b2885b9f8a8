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


def package(component):
    """The registry and the name of a component's package, as OSV has them."""
    kind = component["purl"].split(":")[1].split("/")[0]
    group, name = component.get("group"), component["name"]
    return REGISTRIES[kind], f"{group}{':' if kind == 'maven' else '/'}{name}" if group else name


def write(path, documents, count=0):
    """Writes one for each component of the documents, and others about packages that nobody has, `count` in all."""
    number = 0
    with open(path, "w") as file:
        for document in documents:
            for component in json.load(open(document))["components"]:
                file.write(json.dumps(advisory(number, *package(component))) + "\n")
                number += 1
        while number < count:
            file.write(json.dumps(advisory(number, "npm", f"unheard-of-{number}")) + "\n")
            number += 1


def write_some(path, documents, rows):
    """Writes one for every twentieth component of the first documents, twenty at most, which have so many rows each."""
    with open(path, "w") as file:
        for number in range(0, min(20, len(documents)) * rows, 20):
            component = json.load(open(documents[number // rows]))["components"][number % rows]
            file.write(json.dumps(advisory(number, *package(component))) + "\n")
