"""Made-up bills of materials: CycloneDX 1.5 JSON, the same bytes for the same seed."""
import json
import random

HEADS = "fast tiny open core micro meta async safe native smart proto data json http grpc file text graph tree cache queue".split()
TAILS = "kit lib utils core parser client server loader router store stream codec bridge engine driver plugin types".split()
OWNERS = "harbor cedar onyx tundra mosaic pylon vertex zephyr quasar lumen kestrel ironleaf".split()
LICENSES = ["MIT"] * 9 + ["Apache-2.0"] * 7 + ["BSD-3-Clause", "ISC", "MPL-2.0", "LGPL-2.1-only", "GPL-2.0-only"]
VERBS = "reads writes streams parses checks renders caches routes signs packs".split()
THINGS = "tables trees requests tokens images events sheets graphs archives messages".split()


def component(draw, number):
    """One library. `number` keeps names apart."""
    owner, head, tail = draw.choice(OWNERS), draw.choice(HEADS), draw.choice(TAILS)
    name = f"{head}-{tail}-{number}"
    version = f"{draw.randrange(9)}.{draw.randrange(30)}.{draw.randrange(40)}"
    kind = draw.randrange(3)
    if kind == 0:
        group, purl = f"org.{owner}.{head}", f"pkg:maven/org.{owner}.{head}/{name}@{version}?type=jar"
    elif kind == 1:
        group, purl = f"@{owner}", f"pkg:npm/%40{owner}/{name}@{version}"
    else:
        group, purl = "", f"pkg:pypi/{name}@{version}"
    text = f"{name} {draw.choice(VERBS)} and {draw.choice(VERBS)} {draw.choice(THINGS)} for {draw.choice(THINGS)} of {owner}"
    made = {
        "type": "library", "bom-ref": f"c{number}", "name": name, "version": version, "purl": purl,
        "description": text,
        "hashes": [{"alg": "SHA-1", "content": f"{draw.getrandbits(160):040x}"}],
        "licenses": [{"license": {"id": spdx}} for spdx in {draw.choice(LICENSES), draw.choice(LICENSES)}],
        "externalReferences": [{"type": "website", "url": f"https://{owner}.example.org/{name}"}],
    }
    if group:
        made["group"] = group
    return made


def write(path, count, seed, first=0):
    """Writes a document of `count` components, each on a dependency tree below the root, numbered from `first`."""
    draw = random.Random(seed)
    with open(path, "w") as file:
        file.write('{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"metadata":{"timestamp":"2026-01-01T00:00:00Z",')
        file.write(f'"component":{{"type":"application","bom-ref":"root","name":"service-{seed}","version":"1.0"}}}},\n"components":[')
        for number in range(count):
            file.write(",\n" if number else "\n")
            file.write(json.dumps(component(draw, first + number), separators=(",", ":")))
        file.write('\n],"dependencies":[')
        width = 5
        tops = ",".join(f'"c{first + n}"' for n in range(min(width, count)))
        file.write(f'{{"ref":"root","dependsOn":[{tops}]}}')
        for number in range(count):
            below = range(number * width + width, min(count, number * width + 2 * width))
            if not below:
                break
            refs = ",".join(f'"c{first + n}"' for n in below)
            file.write(f',\n{{"ref":"c{first + number}","dependsOn":[{refs}]}}')
        file.write("]}\n")
