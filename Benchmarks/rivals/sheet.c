/* The rows of an organization's inventory from the same SQLite file, as a sheet by libxlsxwriter in constant memory.
   usage: sheet DATABASE OUTPUT.xlsx */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <xlsxwriter.h>

static const char *query =
    "SELECT l.filename, l.group_id, l.artifact, l.version, l.type, l.sha1, l.description, l.licenses, l.match_type,"
    " o.direct, r.name, p.name, o.count"
    " FROM project p JOIN product r ON r.id = p.product JOIN occurrence o ON o.scan = p.scan"
    " JOIN library l ON l.id = o.library"
    " WHERE p.organization = (SELECT min(id) FROM organization) AND p.scan > 0 ORDER BY p.id, o.position";
static const char *titles[] = {"Name", "Group", "Artifact", "Version", "Type", "SHA1", "Description", "Licenses",
                               "Match Type", "Direct Dependency", "Product", "Project", "Occurrences"};

int main(int count, char **words) {
    sqlite3 *base;
    sqlite3_stmt *rows;
    if (count != 3 || sqlite3_open_v2(words[1], &base, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) ||
        sqlite3_prepare_v2(base, query, -1, &rows, NULL)) {
        fprintf(stderr, "cannot read the database\n");
        return 1;
    }
    lxw_workbook_options options = {.constant_memory = LXW_TRUE};
    lxw_workbook *book = workbook_new_opt(words[2], &options);
    lxw_worksheet *sheet = workbook_add_worksheet(book, "Inventory");
    worksheet_freeze_panes(sheet, 1, 0);
    for (int column = 0; column < 13; column++) worksheet_write_string(sheet, 0, column, titles[column], NULL);
    char names[4096];
    for (lxw_row_t row = 1; sqlite3_step(rows) == SQLITE_ROW; row++) {
        for (int column = 0; column < 13; column++) {
            const char *text;
            switch (column) {
            case 7: {
                size_t end = 0;
                for (text = (const char *)sqlite3_column_text(rows, column); *text && end < sizeof names - 3; text++) {
                    if (*text == '\n') names[end++] = ',';
                    names[end++] = *text == '\n' ? ' ' : *text;
                }
                names[end] = 0;
                worksheet_write_string(sheet, row, column, names, NULL);
                break;
            }
            case 9: worksheet_write_boolean(sheet, row, column, sqlite3_column_int(rows, column), NULL); break;
            case 12: worksheet_write_number(sheet, row, column, sqlite3_column_double(rows, column), NULL); break;
            default:
                text = (const char *)sqlite3_column_text(rows, column);
                worksheet_write_string(sheet, row, column, text, NULL);
            }
        }
    }
    sqlite3_finalize(rows);
    sqlite3_close(base);
    return workbook_close(book) != LXW_NO_ERROR;
}
