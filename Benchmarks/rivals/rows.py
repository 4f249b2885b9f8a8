"""The rows of an organization's inventory from the same SQLite file, written as a careful Python program would.

usage: rows.py DATABASE dumps|orjson|igzip|arrow|xlsx|rust OUTPUT
"""
import json
import sqlite3
import sys
import zipfile

QUERY = """
SELECT l.uuid, l.filename, l.group_id, l.artifact, l.version, l.type, l.sha1, l.description, l.licenses, l.match_type,
    o.direct, r.name, p.name, o.count
FROM project p JOIN product r ON r.id = p.product JOIN occurrence o ON o.scan = p.scan JOIN library l ON l.id = o.library
WHERE p.organization = (SELECT min(id) FROM organization) AND p.scan > 0
ORDER BY p.id, o.position
"""
TITLES = ["Name", "Group", "Artifact", "Version", "Type", "SHA1", "Description", "Licenses", "Match Type",
          "Direct Dependency", "Product", "Project", "Occurrences"]


def row_object(r):
    return {
        "keyUuid": r[0], "name": r[1], "groupId": r[2], "artifactId": r[3], "version": r[4], "type": r[5],
        "sha1": r[6], "description": r[7],
        "licenses": [{"name": name, "references": []} for name in r[8].split("\n")] if r[8] else [],
        "matchType": r[9], "directDependency": r[10] != 0, "productName": r[11], "projectName": r[12],
    }


def write_json(rows, path, encode):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("inventory.json", "w", force_zip64=True) as file:
            file.write(b'{"libraries":[')
            separator = b"\n"
            for row in rows:
                file.write(separator + encode(row_object(row)))
                separator = b",\n"
            file.write(b"\n]}\n")


def write_igzip(rows, path):
    """orjson for each row, ISA-L's level 1 through python-isal: a gzip file without an archive around it."""
    import orjson
    from isal import igzip
    with igzip.open(path, "wb", compresslevel=1) as file:
        file.write(b'{"libraries":[')
        separator = b"\n"
        texts = []
        for row in rows:
            texts += separator, orjson.dumps(row_object(row))
            separator = b",\n"
            if len(texts) >= 2000:
                file.write(b"".join(texts))
                texts = []
        file.write(b"".join(texts) + b"\n]}\n")


def write_arrow(rows, path):
    """CSV by pyarrow in batches of 10,000 rows, through ISA-L: text alone, licences with their line ends."""
    import pyarrow
    from pyarrow import csv
    from isal import igzip
    schema = pyarrow.schema([(name, pyarrow.string()) for name in ["Key UUID", *TITLES[:-4]]] +
                            [("Direct Dependency", pyarrow.int64()), ("Product", pyarrow.string()), ("Project", pyarrow.string()),
                             ("Occurrences", pyarrow.int64())])
    with igzip.open(path, "wb", compresslevel=1) as file, csv.CSVWriter(file, schema) as writer:
        while batch := rows.fetchmany(10_000):
            writer.write_batch(pyarrow.record_batch([pyarrow.array(cells, field.type) for cells, field in zip(zip(*batch), schema)], schema))


def write_rust(rows, path):
    """rustpy-xlsxwriter in constant memory, from a generator: no bold heading, no widths, licences with their line ends."""
    from rustpy_xlsxwriter import FastExcel
    sheet = (dict(zip(TITLES, (*r[1:10], r[10] != 0, *r[11:]))) for r in rows)
    FastExcel(path).freeze(row=1).sheet("Inventory", sheet).save()


def write_sheet(rows, path):
    import xlsxwriter
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Inventory")
        sheet.freeze_panes(1, 0)
        for column, title in enumerate(TITLES):
            sheet.write_string(0, column, title)
        for number, r in enumerate(rows, 1):
            for column, text in enumerate((*r[1:8], r[8].replace("\n", ", "), r[9])):
                sheet.write_string(number, column, text)
            sheet.write_boolean(number, 9, r[10] != 0)
            sheet.write_string(number, 10, r[11])
            sheet.write_string(number, 11, r[12])
            sheet.write_number(number, 12, r[13])


database, how, output = sys.argv[1:]
found = sqlite3.connect(f"file:{database}?mode=ro", uri=True).execute(QUERY)
if how == "dumps":
    write_json(found, output, lambda value: json.dumps(value).encode())
elif how == "orjson":
    import orjson
    write_json(found, output, orjson.dumps)
else:
    {"igzip": write_igzip, "arrow": write_arrow, "rust": write_rust, "xlsx": write_sheet}[how](found, output)
