/* The floor of a JSON report: the rows of an organization's inventory from the same SQLite file, as the same JSON, through ISA-L's
   deflate at level 1 into one gzip file. One thread; it has no filters, no scopes, no parts, no digest of the file and no flush to the disk.
   usage: floor DATABASE OUTPUT.json.gz */
#include <isa-l.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *query =
    "SELECT l.uuid, l.filename, nullif(l.group_id, ''), l.artifact, nullif(l.version, ''), l.type, nullif(l.sha1, ''),"
    " nullif(l.description, ''), l.licenses, nullif(l.match_type, ''), o.direct, r.name, p.name, nullif(l.license_expression, '')"
    " FROM project p JOIN product r ON r.id = p.product JOIN occurrence o ON o.scan = p.scan"
    " JOIN library l ON l.id = o.library"
    " WHERE p.organization = (SELECT min(id) FROM organization) AND p.scan > 0 ORDER BY p.id, o.position";

/* What stands before each text. */
static const char *heads[] = {"{\"keyUuid\":", ",\"name\":", ",\"groupId\":", ",\"artifactId\":", ",\"version\":", ",\"type\":",
                              ",\"sha1\":", ",\"description\":", ",\"licenses\":[", ",\"matchType\":", ",\"directDependency\":",
                              ",\"productName\":", ",\"projectName\":", ",\"spdxExpression\":"};
enum { LICENSES = 8, DIRECT = 10, COLUMNS = 14, BLOCK = 256 << 10 };

static char *text, *out;
static size_t length, room;
static FILE *file;
static struct isal_zstream stream;

static void fail(const char *why) {
    fprintf(stderr, "%s\n", why);
    exit(1);
}

static char *reserve(size_t more) {
    if (length + more > room) {
        room = 2 * (length + more);
        if (!(text = realloc(text, room))) fail("no memory");
    }
    return text + length;
}

static void put(const char *piece) {
    size_t size = strlen(piece);
    memcpy(reserve(size), piece, size);
    length += size;
}

/* Writes a JSON string, up to `end` bytes or the end of the line. */
static const char *put_string(const char *from, const char *end) {
    char *to = reserve(6 * (size_t)(end - from) + 2);
    *to++ = '"';
    for (; from < end && *from != '\n'; from++) {
        unsigned char byte = (unsigned char)*from;
        if (byte == '"' || byte == '\\') {
            *to++ = '\\';
            *to++ = (char)byte;
        } else if (byte < 0x20) {
            to += sprintf(to, "\\u%04x", byte);
        } else {
            *to++ = (char)byte;
        }
    }
    *to++ = '"';
    length = (size_t)(to - text);
    return from < end ? from + 1 : end;
}

static void compress(int is_last) {
    stream.next_in = (uint8_t *)text;
    stream.avail_in = (uint32_t)length;
    stream.end_of_stream = is_last;
    do {
        stream.next_out = (uint8_t *)out;
        stream.avail_out = BLOCK;
        if (isal_deflate(&stream) != COMP_OK) fail("cannot compress");
        if (fwrite(out, 1, BLOCK - stream.avail_out, file) != BLOCK - stream.avail_out) fail("cannot write");
    } while (stream.avail_out == 0);
    length = 0;
}

int main(int count, char **words) {
    sqlite3 *base;
    sqlite3_stmt *rows;
    if (count != 3 || sqlite3_open_v2(words[1], &base, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) ||
        sqlite3_prepare_v2(base, query, -1, &rows, NULL))
        fail("cannot read the database");
    file = fopen(words[2], "wb");
    isal_deflate_init(&stream);
    stream.level = 1;
    stream.level_buf_size = ISAL_DEF_LVL1_DEFAULT;
    stream.level_buf = malloc(stream.level_buf_size);
    stream.gzip_flag = IGZIP_GZIP;
    out = malloc(BLOCK);
    if (!file || !stream.level_buf || !out) fail("cannot begin");
    put("{\"libraries\":[\n");
    int step, is_first = 1;
    while ((step = sqlite3_step(rows)) == SQLITE_ROW) {
        if (!is_first) put(",\n");
        is_first = 0;
        for (int column = 0; column < COLUMNS; column++) {
            if (column == DIRECT) {
                if (sqlite3_column_int(rows, column) < 0) continue;
                put(heads[column]);
                put(sqlite3_column_int(rows, column) ? "true" : "false");
                continue;
            }
            const char *cell = (const char *)sqlite3_column_text(rows, column);
            if (!cell) continue;
            const char *end = cell + sqlite3_column_bytes(rows, column);
            put(heads[column]);
            if (column != LICENSES) {
                put_string(cell, end);
                continue;
            }
            for (int is_next = 0; cell < end; is_next = 1) {
                put(is_next ? ",{\"name\":" : "{\"name\":");
                cell = put_string(cell, end);
                put(",\"references\":[]}");
            }
            put("]");
        }
        put("}");
        if (length >= BLOCK) compress(0);
    }
    if (step != SQLITE_DONE) fail("cannot read all rows");
    put("\n]}\n");
    compress(1);
    sqlite3_finalize(rows);
    sqlite3_close(base);
    return fclose(file) != 0;
}
