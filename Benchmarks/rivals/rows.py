"""The rows of an organization's inventory from the same SQLite file, written as a careful Python program would.

usage: rows.py DATABASE dumps|orjson|xlsx OUTPUT
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
    write_sheet(found, output)
