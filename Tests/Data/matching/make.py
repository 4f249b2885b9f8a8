#!/usr/bin/env python3
"""Writes advisories.jsonl and decisions.tsv: made-up advisories, and which versions they affect.

Whether a version lies in a range is decided by other people's comparators: univers (PyPI, 32.0.1) and, where there is a second one,
`packaging`, `semver` or dpkg; where two disagree this stops. Run it in an environment that has them:
    pip install univers==32.0.1 packaging semver && ./make.py
"""
import functools, json, pathlib, subprocess
import semver
from packaging.version import Version
from univers import versions as u

def dpkg(a, b):
    def holds(op): return subprocess.run(["dpkg", "--compare-versions", a, op, b]).returncode == 0
    return -1 if holds("lt") else 0 if holds("eq") else 1

def order(key):
    return lambda a, b: (key(a) > key(b)) - (key(a) < key(b))

def semantic(text): return semver.Version.parse(text.removeprefix("v"))

# Ecosystem: name, how a package URL is written, comparators, kind of range, boundaries, more versions to ask about.
WORLD = [
    ("npm", "@garden/acorn", "pkg:npm/%40garden/acorn@{}", [order(u.SemverVersion), order(semantic)], "SEMVER",
     ["1.2.0", "2.0.0-rc.1", "2.3.0", "3.0.0", "3.4.5"],
     ["0.0.1", "1.1.9", "1.2.0-alpha", "1.2.0+build.7", "1.10.0", "2.0.0-rc.0", "2.0.0-rc.2", "2.0.0", "2.2.10", "3.4.6", "10.0.0"]),
    ("crates.io", "birch_bark", "pkg:cargo/birch_bark@{}", [order(u.SemverVersion), order(semantic)], "SEMVER",
     ["0.3.0", "0.4.0", "0.9.0", "1.0.0-beta", "1.0.0"], ["0.2.99", "0.3.0-pre", "0.3.7", "0.10.0", "1.0.0-alpha.2", "1.0.1"]),
    ("Go", "example.org/garden/cedar", "pkg:golang/example.org/garden/cedar@v{}", [order(u.SemverVersion), order(semantic)], "SEMVER",
     ["1.0.0", "1.2.3", "1.5.0", "1.6.0", "1.9.9"],
     ["0.0.0-20230101000000-abcdef123456", "1.2.3-0.20230101000000-abcdef123456", "1.2.4-0.20230101000000-abcdef123456", "1.10.0", "1.5.0-rc.1"]),
    ("PyPI", "Daisy.Chain", "pkg:pypi/daisy-chain@{}", [order(u.PypiVersion), order(Version)], "ECOSYSTEM",
     ["1.0", "1.4rc1", "2.0", "2.1.post1", "3!1.0"],
     ["0.9", "1.0.dev3", "1.0.0", "1.0.1", "1.4a2", "1.4", "1.10", "2.0.0", "2.0.post1", "2.1", "2.1.post2", "2!9", "3!1.1"]),
    ("Maven", "org.example:elder", "pkg:maven/org.example/elder@{}", [order(u.MavenVersion)], "ECOSYSTEM",
     ["1.0", "1.5-rc1", "2.0.0", "2.4", "3.0"],
     ["0.9", "1.0-SNAPSHOT", "1.0.0", "1.0-sp1", "1.5-beta-2", "1.5", "1.10", "2.0.0-alpha1", "2.0", "2.4.1", "2.10", "3.0.1"]),
    ("NuGet", "Fern.Frond", "pkg:nuget/Fern.Frond@{}", [order(u.NugetVersion)], "ECOSYSTEM",
     ["1.0.0", "1.2.3.4", "2.0.0-beta", "2.5.0", "3.0.0"],
     ["0.9.9", "1.0.0-ALPHA", "1.2.3", "1.2.3.5", "1.10.0", "2.0.0-alpha", "2.0.0", "2.5.0.1", "3.0.1"]),
    ("RubyGems", "grape", "pkg:gem/grape@{}", [order(u.RubygemsVersion)], "ECOSYSTEM",
     ["1.0", "1.2.1", "2.0.0.rc1", "2.3", "4.0"], ["0.9.9", "1.0.a1", "1.0.0", "1.2.0", "1.10", "2.0.0.beta", "2.0.0", "2.3.0", "2.3.1", "4.0.1"]),
    ("Packagist", "garden/hazel", "pkg:composer/garden/hazel@{}", [order(u.ComposerVersion)], "ECOSYSTEM",
     ["1.0.0", "1.2.0", "2.0.0-rc1", "2.4.0", "3.0.0"], ["0.9.0", "1.0.0-beta1", "1.1.9", "1.10.0", "2.0.0-beta2", "2.0.0", "2.4.1", "3.0.1"]),
    ("Hex", "iris", "pkg:hex/iris@{}", [order(u.SemverVersion), order(semantic)], "SEMVER",
     ["1.0.0", "1.2.0", "1.3.0", "1.4.0", "2.0.0"], ["0.1.0", "1.0.0-rc.1", "1.1.0", "1.10.0", "2.0.1"]),
    ("Pub", "jute", "pkg:pub/jute@{}", [order(u.SemverVersion), order(semantic)], "SEMVER",
     ["0.1.0", "0.2.0", "0.3.0", "1.0.0", "1.1.0"], ["0.0.9", "0.1.5", "0.2.1", "0.10.0", "1.0.5", "1.2.0"]),
    ("Debian:12", "kale", "pkg:deb/debian/libkale1@{}?distro=debian-12&upstream=kale", [order(u.DebianVersion), dpkg], "ECOSYSTEM",
     ["1.0-1", "1.2-3+deb12u1", "1:0.9-1", "1:1.0~rc1-1", "1:1.0-2"],
     ["0.9-9", "1.0~beta-1", "1.0-1.1", "1.2-3", "1.2-3+deb12u2", "1.10-1", "1:0.9-1~bpo12+1", "1:0.10-1", "1:1.0-1", "1:1.0-10"]),
    ("Alpine:v3.18", "lily", "pkg:apk/alpine/lily@{}?distro=alpine-3.18.4", [order(u.AlpineLinuxVersion)], "ECOSYSTEM",
     ["1.0-r0", "1.0.5-r2", "1.1_rc1-r0", "1.1-r0", "1.2a-r1"],
     ["0.9-r9", "1.0_beta2-r0", "1.0-r1", "1.0.5-r1", "1.0.5-r10", "1.1_rc2-r0", "1.2-r0", "1.2b-r0"]),
    ("AlmaLinux:9", "mint", "pkg:rpm/almalinux/mint@{}?distro=almalinux-9.2", [order(u.RpmVersion)], "ECOSYSTEM",
     ["1.0-1.el9", "1.2-3.el9_1", "2.0-1.el9", "2.0-5.el9", "3.0-1.el9"],
     ["0.9-1.el9", "1.0~rc1-1.el9", "1.0^git1-1.el9", "1.2-3.el9", "1.2-10.el9", "1.10-1.el9", "2.0-4.el9", "3.0-1.el9_2", "3.1-1.el9"]),
]
# Versions that are none in the scheme: no range may match them.
NO_VERSION = {"npm": ["latest"], "Go": ["(devel)", "main"], "PyPI": ["1.0-foo", "master"], "RubyGems": ["main"],
              "Packagist": ["dev-main"], "Debian:12": ["a:1"], "crates.io": ["*"]}

def compare(comparators, a, b, ecosystem):
    found = {c(a, b) for c in comparators}
    assert len(found) == 1, (ecosystem, a, b, found)
    return found.pop()

def main():
    folder = pathlib.Path(__file__).parent
    advisories, decisions = [], []
    for number, (ecosystem, name, purl, comparators, kind, bounds, more) in enumerate(WORLD, 1):
        b = sorted(bounds, key=functools.cmp_to_key(lambda x, y: compare(comparators, x, y, ecosystem)))
        assert b == bounds, (ecosystem, b)
        cases = {
            "fixed": dict(ranges=[[("introduced", "0"), ("fixed", b[1])]]),
            "twice": dict(ranges=[[("introduced", b[0]), ("fixed", b[1]), ("introduced", b[2]), ("last_affected", b[3])]]),
            "apart": dict(ranges=[[("introduced", b[3])], [("introduced", b[0]), ("last_affected", b[0])]]),
            "listed": dict(versions=[b[0], b[4]]),
            "both": dict(ranges=[[("introduced", b[2]), ("fixed", b[3])]], versions=[b[4]]),
            "withdrawn": dict(ranges=[[("introduced", "0")]]),
        }
        for word, case in cases.items():
            identifier = f"MADE-2026-{number:02}-{word}"
            part = {"package": {"ecosystem": ecosystem, "name": name}}
            if "ranges" in case:
                part["ranges"] = [{"type": kind, "events": [{k: v} for k, v in r]} for r in case["ranges"]]
            if "versions" in case: part["versions"] = case["versions"]
            record = {"schema_version": "1.6.0", "id": identifier, "modified": "2026-01-02T03:04:05Z",
                      "published": "2026-01-01T00:00:00Z", "summary": f"A made-up weakness of {name}", "affected": [part]}
            if word == "withdrawn": record["withdrawn"] = "2026-01-03T00:00:00Z"
            advisories.append(record)
            def is_in(version, events):
                state = False
                for k, v in events:
                    at = 1 if v == "0" else compare(comparators, version, v, ecosystem)
                    if k == "introduced" and at >= 0: state = True
                    if k == "fixed" and at >= 0: state = False
                    if k == "last_affected" and at > 0: state = False
                return state
            for version in dict.fromkeys(bounds + more):
                affected = version in case.get("versions", []) or any(is_in(version, r) for r in case.get("ranges", []))
                # A build or another spelling may equal a listed version; only the same spelling is asked about.
                if "versions" in case and version not in case["versions"] and any(
                        compare(comparators, version, v, ecosystem) == 0 for v in case["versions"]): continue
                decisions.append((purl.format(version.replace("+", "%2B")), identifier, "yes" if affected else "no"))
            if word in ("fixed", "apart"):
                for version in NO_VERSION.get(ecosystem, []):
                    text = version if ecosystem == "Go" else version.replace("*", "%2A")
                    decisions.append((purl.replace("@v{}", "@{}").format(text), identifier, "no version"))
    (folder / "advisories.jsonl").write_text("".join(json.dumps(a, separators=(",", ":")) + "\n" for a in advisories))
    (folder / "decisions.tsv").write_text("".join("\t".join(d) + "\n" for d in decisions))
    print(len(advisories), "advisories,", len(decisions), "decisions")

main()
