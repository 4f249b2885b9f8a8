#!/usr/bin/env python3
"""Writes the bills of materials of this folder and expected.jsonl, what a reader has to find in each.

One made-up application, the garden, in every syntax, and a few documents with a flaw. Other people's libraries (PyPI) write the
syntaxes and read each sound document back: cyclonedx-python-lib 11.12.0 (with [validation]), spdx-tools 0.8.5, openpyxl 3.1.5.
The expectations are the author's, counted from the lists below; they do not come from Waybill.
"""
import datetime, io, json, pathlib
import openpyxl
from cyclonedx.model.bom import Bom
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from cyclonedx.validation.xml import XmlValidator
from spdx_tools.common.spdx_licensing import spdx_licensing
from spdx_tools.spdx.model import (Actor, ActorType, Checksum, ChecksumAlgorithm, CreationInfo, Document, ExternalPackageRef,
    ExternalPackageRefCategory, ExtractedLicensingInfo, File, Package, Relationship, RelationshipType, SpdxNoAssertion, SpdxNone)
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
from spdx_tools.spdx.writer.write_anything import write_file

HERE = pathlib.Path(__file__).parent
EXPECTED = []

# Name, package URL, licence (kind and text), SHA-1.
PARTS = [
    ("acorn", "pkg:npm/%40garden/acorn@1.2.0", ("id", "MIT"), "0123456789abcdef0123456789abcdef01234567"),
    ("birch", "pkg:cargo/birch@0.4.1", ("expression", "MIT OR Apache-2.0"), None),
    ("cedar", "pkg:golang/example.org/cedar@v1.5.0", ("id", "BSD-3-Clause"), "89abcdef0123456789abcdef0123456789abcdef"),
    ("daisy", "pkg:pypi/daisy-chain@2.0", ("name", "Garden Licence"), None),
    ("elder", "pkg:maven/org.example/elder@2.4", None, None),
    ("fern", None, None, None),
]
# The longest way from the root has three steps; elder and fern hang on nothing.
EDGES = [("garden", "acorn"), ("garden", "birch"), ("acorn", "cedar"), ("birch", "cedar"), ("cedar", "daisy")]

def expect(name, **facts):
    EXPECTED.append({"file": name, **facts})

# MARK: CycloneDX

def version_of(purl): return purl.rsplit("@", 1)[1].removeprefix("v") if purl else "1"

def cyclonedx():
    components = []
    for name, purl, licence, sha1 in PARTS:
        part = {"type": "library", "bom-ref": name, "name": name, "version": version_of(purl)}
        if purl: part["purl"] = purl
        if sha1: part["hashes"] = [{"alg": "SHA-1", "content": sha1}]
        if licence:
            kind, text = licence
            part["licenses"] = [{"expression": text} if kind == "expression" else {"license": {kind: text}}]
        components.append(part)
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.4", "serialNumber": "urn:uuid:11111111-2222-4333-8444-555555555555", "version": 1,
        "metadata": {"timestamp": "2026-01-02T03:04:05Z",
                     "component": {"type": "application", "bom-ref": "garden", "name": "garden", "version": "3.0"}},
        "components": components,
        "services": [{"bom-ref": "watering", "name": "watering", "endpoints": ["https://example.org/water"]}],
        "dependencies": [{"ref": a, "dependsOn": [b for c, b in EDGES if c == a]} for a in dict.fromkeys(a for a, _ in EDGES)],
        "vulnerabilities": [{"bom-ref": "weak", "id": "MADE-2026-1", "ratings": [{"severity": "high", "method": "CVSSv31",
            "score": 7.5, "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}], "affects": [{"ref": "cedar"}]}],
    }

CYCLONEDX_FACTS = dict(ok=True, components=6, purls=5, distinct_purls=5, hashes=2, dependency_edges=5, max_depth=3, has_cycle=False,
    licences={"id:MIT": 1, "expression:MIT OR Apache-2.0": 1, "id:BSD-3-Clause": 1, "name:Garden Licence": 1},
    services=1, vulnerabilities=1, duplicate_bom_refs=0, dangling_refs=0)

def write_cyclonedx():
    bom = Bom.from_json(cyclonedx())
    for version in (SchemaVersion.V1_2, SchemaVersion.V1_4, SchemaVersion.V1_5, SchemaVersion.V1_6):
        for form, judge in ((OutputFormat.JSON, JsonStrictValidator), (OutputFormat.XML, XmlValidator)):
            syntax = form.name.lower()
            name = f"garden-{version.to_version()}.cdx.{syntax}"
            text = make_outputter(bom, form, version).output_as_string(indent=1)
            assert judge(version).validate_str(text) is None, name
            (HERE / name).write_text(text + "\n")
            facts = dict(CYCLONEDX_FACTS)
            # Vulnerabilities came with 1.4.
            if version == SchemaVersion.V1_2: facts["vulnerabilities"] = 0
            expect(name, format=f"cyclonedx-{syntax}", **facts)

def write_flawed():
    """Documents that are read with a warning, or refused."""
    def document(components, dependencies):
        return {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": components, "dependencies": dependencies}
    def part(ref, **more): return {"type": "library", "bom-ref": ref, "name": ref, "version": "1", **more}
    def write(name, content, **facts):
        (HERE / name).write_text(content if isinstance(content, str) else json.dumps(content, indent=1) + "\n")
        expect(name, format="cyclonedx-json", **facts)
    common = dict(ok=True, purls=0, distinct_purls=0, hashes=0, licences={}, services=0, vulnerabilities=0)
    write("circle.cdx.json", document([part("a"), part("b"), part("c")],
          [{"ref": "a", "dependsOn": ["b"]}, {"ref": "b", "dependsOn": ["c"]}, {"ref": "c", "dependsOn": ["a"]}]),
          components=3, dependency_edges=3, has_cycle=True, dangling_refs=0, duplicate_bom_refs=0, **common)
    write("twins.cdx.json", document([part("a"), part("a"), part("b")], [{"ref": "a", "dependsOn": ["b"]}]),
          components=3, dependency_edges=1, has_cycle=False, dangling_refs=0, duplicate_bom_refs=1, **common)
    write("loose.cdx.json", document([part("a"), part("b")], [{"ref": "a", "dependsOn": ["b", "nowhere"]}]),
          components=2, dependency_edges=1, has_cycle=False, dangling_refs=1, duplicate_bom_refs=0, **common)
    write("nested.cdx.json", document([part("a", components=[part("b", components=[part("c")])]), part("d")], []),
          components=4, dependency_edges=0, has_cycle=False, dangling_refs=0, duplicate_bom_refs=0, **common)
    write("other-format.json", {**document([part("a")], []), "bomFormat": "Garden"}, ok=False)
    write("cut.cdx.json", json.dumps(document([part("a"), part("b")], []))[:-40], ok=False)

# MARK: SPDX

def spdx(version):
    licences = {"id": str, "expression": str, "name": lambda text: "LicenseRef-Garden"}
    info = CreationInfo(spdx_version=version, spdx_id="SPDXRef-DOCUMENT", name="garden",
        document_namespace="https://example.org/sbom/garden", creators=[Actor(ActorType.TOOL, "gardener-1")],
        created=datetime.datetime(2026, 1, 2, 3, 4, 5))
    packages = []
    for name, purl, licence, sha1 in [("garden", None, None, None)] + PARTS:
        package = Package(spdx_id=f"SPDXRef-{name}", name=name, download_location=SpdxNoAssertion(), files_analyzed=False,
            version="3.0" if name == "garden" else version_of(purl), license_concluded=SpdxNoAssertion(),
            license_declared=spdx_licensing.parse(licences[licence[0]](licence[1])) if licence else SpdxNoAssertion(),
            copyright_text=SpdxNone())
        if sha1: package.checksums = [Checksum(ChecksumAlgorithm.SHA1, sha1)]
        if purl: package.external_references = [ExternalPackageRef(ExternalPackageRefCategory.PACKAGE_MANAGER, "purl", purl)]
        packages.append(package)
    files = [File(name="./seed.txt", spdx_id="SPDXRef-seed",
        checksums=[Checksum(ChecksumAlgorithm.SHA1, "abcdefabcdefabcdefabcdefabcdefabcdefabcd")],
        license_concluded=SpdxNoAssertion(), license_info_in_file=[SpdxNoAssertion()], copyright_text=SpdxNoAssertion())]
    relationships = [Relationship("SPDXRef-DOCUMENT", RelationshipType.DESCRIBES, "SPDXRef-garden")]
    relationships += [Relationship(f"SPDXRef-{a}", RelationshipType.DEPENDS_ON, f"SPDXRef-{b}") for a, b in EDGES]
    relationships += [Relationship("SPDXRef-garden", RelationshipType.CONTAINS, "SPDXRef-elder")]
    own = [ExtractedLicensingInfo(license_id="LicenseRef-Garden", extracted_text="You may water it.", license_name="Garden Licence")]
    return Document(info, packages=packages, files=files, relationships=relationships, extracted_licensing_info=own)

SPDX_FACTS = dict(ok=True, components=7, files=1, purls=5, distinct_purls=5, package_checksums=2, extracted_licences=1,
    dependency_edges=5, contains_edges=1, described=1, max_depth=3, has_cycle=False, duplicate_spdxids=0,
    licences_declared={"MIT": 1, "MIT OR Apache-2.0": 1, "BSD-3-Clause": 1, "LicenseRef-Garden": 1, "NOASSERTION": 3},
    licences_concluded={"NOASSERTION": 7})

def write_spdx():
    for version, endings in (("SPDX-2.3", ["json", "yaml", "xml", "rdf.xml", "spdx"]), ("SPDX-2.2", ["json", "spdx"])):
        forms = {"json": "json", "yaml": "yaml", "xml": "xml", "rdf.xml": "rdf", "spdx": "tv"}
        for ending in endings:
            name = f"garden-{version[5:]}.spdx" + ("" if ending == "spdx" else f".{ending}")
            document = spdx(version)
            assert not validate_full_spdx_document(document, version), name
            write_file(document, str(HERE / name), validate=False)
            back = parse_file(str(HERE / name))
            assert len(back.packages) == 7 and not validate_full_spdx_document(back, version), name
            facts = dict(SPDX_FACTS)
            if ending == "rdf.xml":  # A set of licences has no order there; readers write it in that of the alphabet, in brackets.
                facts["licences_declared"] = {("(Apache-2.0 OR MIT)" if text == "MIT OR Apache-2.0" else text): count
                                              for text, count in SPDX_FACTS["licences_declared"].items()}
            expect(name, format=f"spdx-{forms[ending]}", **facts)

def write_workbook():
    """The layout of SPDX's Java tools, for version 2.3."""
    document = spdx("SPDX-2.3")
    text = lambda value: "" if value is None else str(value)
    book = openpyxl.Workbook()
    def sheet(name, titles, rows):
        page = book.create_sheet(name)
        for row in [titles] + rows: page.append(row)
    info = document.creation_info
    sheet("Document Info", ["Spreadsheet Version", "SPDX Version", "Data License", "SPDX Identifier", "License List Version",
        "Document Name", "Document Namespace", "Document Contents", "External Document References", "Document Comment", "Creator",
        "Created", "Creator Comment"], [["2.3.0", "SPDX-2.3", "CC0-1.0", info.spdx_id, "", info.name, info.document_namespace,
        "SPDXRef-garden", "", "", "Tool: gardener-1", "2026-01-02T03:04:05Z", ""]])
    sheet("Package Info", ["Package Name", "SPDX Identifier", "Package Version", "Package FileName", "Package Supplier",
        "Package Originator", "Home Page", "Package Download Location", "Package Checksum", "Package Verification Code",
        "Verification Code Excluded Files", "Source Info", "License Declared", "License Concluded", "License Info From Files",
        "License Comments", "Package Copyright Text", "Summary", "Description", "Attribution Text", "Files Analyzed", "Comments",
        "Primary Purpose", "Release Date", "Built Date", "Valid Until Date"],
        [[p.name, p.spdx_id, p.version, "", "", "", "", "NOASSERTION", "\n".join(f"SHA1: {c.value}" for c in p.checksums), "", "", "",
          text(p.license_declared), text(p.license_concluded), "", "", "NONE", "", "", "", "false", ""] for p in document.packages])
    sheet("External Refs", ["Package ID", "Category", "Type", "Locator", "Comment"],
        [[p.spdx_id, "PACKAGE_MANAGER", "purl", r.locator, ""] for p in document.packages for r in p.external_references])
    sheet("Extracted License Info", ["Identifier", "Extracted Text", "License Name", "Cross Reference URLs", "Comment"],
        [[x.license_id, x.extracted_text, x.license_name, "", ""] for x in document.extracted_licensing_info])
    sheet("Per File Info", ["File Name", "SPDX Identifier", "Package Identifier", "File Type(s)", "File Checksum(s)",
        "License Concluded", "License Info in File", "License Comments", "File Copyright Text", "Notice Text", "Artifact of Project",
        "Artifact of Homepage", "Artifact of URL", "Contributors", "File Comment", "File Dependencies", "Attribution Text"],
        [[f.name, f.spdx_id, "", "", f"SHA1: {f.checksums[0].value}", "NOASSERTION", "NOASSERTION", "", "NOASSERTION"]
         for f in document.files])
    sheet("Relationships", ["SPDX Identifier A", "Relationship", "SPDX Identifier B", "Relationship Comment"],
        [[r.spdx_element_id, r.relationship_type.name, text(r.related_spdx_element_id), ""] for r in document.relationships])
    sheet("Annotations", ["SPDX Identifier being Annotated", "Annotation Comment", "Annotation Date", "Annotator", "Annotation Type"], [])
    sheet("Snippets", ["ID", "Name", "From File ID", "Byte Range", "Line Range", "License Concluded", "License Info in Snippet",
        "License Comments", "Snippet Copyright Text", "Comment"], [])
    book.remove(book.worksheets[0])
    book.save(HERE / "garden-2.3.spdx.xlsx")
    expect("garden-2.3.spdx.xlsx", format="spdx-xlsx", **SPDX_FACTS)

write_cyclonedx()
write_flawed()
write_spdx()
write_workbook()
(HERE / "expected.jsonl").write_text("".join(json.dumps(facts) + "\n" for facts in EXPECTED))
print(len(EXPECTED), "documents")
