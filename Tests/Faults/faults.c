// Fails one call on files below a folder, so that a test can fail each call of a program in turn: SQLite's own method
// (https://www.sqlite.org/testing.html, "I/O Error Testing"), for every file that the program and its libraries touch.
// Loaded into the program by LD_PRELOAD (ld.so(8)).
//
//   WAYBILL_FAULT_UNDER   the folder
//   WAYBILL_FAULT         KIND:NUMBER:once, or KIND:NUMBER:ever for that call and all later ones; without it none fails
//   WAYBILL_FAULT_COUNTS  a file that gets a line "KIND NUMBER" for each kind when the program ends
//
// Kinds: open (EMFILE), write (ENOSPC), sync (EIO), rename (EIO), query (a step of a statement of SQLite, SQLITE_IOERR). A call that
// fails does nothing. A write of the kind lie says that it was done, and was not: what looks at the damage has to see it.
//
// Kinds of libpq, on whatever connection: statement (the connection is cut before it is sent), answer (PostgreSQL has done it, and the
// connection is cut before the answer is read: whether a COMMIT was done is not known then).

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { OPEN, WRITE, SYNC, RENAME, QUERY, LIE, STATEMENT, ANSWER, KINDS };
static const char *const names[KINDS] = {"open", "write", "sync", "rename", "query", "lie", "statement", "answer"};
static const int errors[KINDS] = {EMFILE, ENOSPC, EIO, EIO, EIO, 0, 0, 0};

static char under[PATH_MAX];
static size_t length;
static int failing = -1;
static int is_forever;
static long number;
static atomic_long counts[KINDS];

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("WAYBILL_FAULT_UNDER");
    if (folder == NULL || realpath(folder, under) == NULL) return;
    length = strlen(under);
    const char *fault = getenv("WAYBILL_FAULT");
    if (fault == NULL) return;
    for (int kind = 0; kind < KINDS; kind++) {
        size_t size = strlen(names[kind]);
        if (strncmp(fault, names[kind], size) != 0 || fault[size] != ':') continue;
        char *rest;
        number = strtol(fault + size + 1, &rest, 10);
        is_forever = strcmp(rest, ":ever") == 0;
        failing = kind;
    }
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("WAYBILL_FAULT_COUNTS");
    if (path == NULL) return;
    length = 0;
    FILE *file = fopen(path, "w");
    if (file == NULL) return;
    for (int kind = 0; kind < KINDS; kind++) fprintf(file, "%s %ld\n", names[kind], atomic_load(&counts[kind]));
    fclose(file);
}

static int is_below(const char *path) {
    return strncmp(path, under, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static int is_ours_path(const char *path) {
    if (length == 0 || path == NULL) return 0;
    if (path[0] == '/') return is_below(path);
    char whole[PATH_MAX];
    if (getcwd(whole, sizeof whole) == NULL) return 0;
    return is_below(whole);
}

static int is_ours(int file) {
    if (length == 0) return 0;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0) return 0;
    path[size] = 0;
    return is_below(path);
}

// Counts a call; true when it has to fail.
static int fails(enum kind kind) {
    long now = atomic_fetch_add(&counts[kind], 1) + 1;
    if (failing != (int)kind || now < number || (now > number && !is_forever)) return 0;
    errno = errors[kind];
    return 1;
}

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

#define OPENING(name)                                                              \
    int name(const char *path, int flags, ...) {                                   \
        va_list more;                                                              \
        va_start(more, flags);                                                     \
        mode_t mode = (flags & O_CREAT) ? va_arg(more, mode_t) : 0;                \
        va_end(more);                                                              \
        if (is_ours_path(path) && fails(OPEN)) return -1;                          \
        return REAL(name)(path, flags, mode);                                      \
    }
OPENING(open)
OPENING(open64)

#define OPENING_AT(name)                                                           \
    int name(int folder, const char *path, int flags, ...) {                       \
        va_list more;                                                              \
        va_start(more, flags);                                                     \
        mode_t mode = (flags & O_CREAT) ? va_arg(more, mode_t) : 0;                \
        va_end(more);                                                              \
        if (path[0] == '/' && is_ours_path(path) && fails(OPEN)) return -1;        \
        return REAL(name)(folder, path, flags, mode);                              \
    }
OPENING_AT(openat)
OPENING_AT(openat64)

FILE *fopen(const char *path, const char *mode) {
    if (is_ours_path(path) && fails(OPEN)) return NULL;
    return REAL(fopen)(path, mode);
}

ssize_t write(int file, const void *bytes, size_t count) {
    if (is_ours(file) && fails(LIE)) return (ssize_t)count;
    if (is_ours(file) && fails(WRITE)) return -1;
    return REAL(write)(file, bytes, count);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
    if (is_ours(file) && fails(LIE)) return (ssize_t)count;
    if (is_ours(file) && fails(WRITE)) return -1;
    return REAL(pwrite)(file, bytes, count, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
    if (is_ours(file) && fails(LIE)) return (ssize_t)count;
    if (is_ours(file) && fails(WRITE)) return -1;
    return REAL(pwrite64)(file, bytes, count, offset);
}

ssize_t writev(int file, const struct iovec *pieces, int count) {
    if (is_ours(file) && fails(WRITE)) return -1;
    return REAL(writev)(file, pieces, count);
}

int ftruncate(int file, off_t size) {
    if (is_ours(file) && fails(WRITE)) return -1;
    return REAL(ftruncate)(file, size);
}

int ftruncate64(int file, off64_t size) {
    if (is_ours(file) && fails(WRITE)) return -1;
    return REAL(ftruncate64)(file, size);
}

int fsync(int file) {
    if (is_ours(file) && fails(SYNC)) return -1;
    return REAL(fsync)(file);
}

int fdatasync(int file) {
    if (is_ours(file) && fails(SYNC)) return -1;
    return REAL(fdatasync)(file);
}

struct sqlite3_stmt;
int sqlite3_step(struct sqlite3_stmt *statement);
int sqlite3_step(struct sqlite3_stmt *statement) {
    // SQLite steps statements of its own, too, and asks them afterwards what went wrong: only the program's are failed.
    Dl_info caller;
    int is_own = dladdr(__builtin_return_address(0), &caller) != 0 && strstr(caller.dli_fname, "libsqlite3") != NULL;
    // SQLITE_IOERR (https://www.sqlite.org/rescode.html#ioerr)
    if (length > 0 && !is_own && fails(QUERY)) return 10;
    return REAL(sqlite3_step)(statement);
}

int rename(const char *from, const char *to) {
    if (is_ours_path(to) && fails(RENAME)) return -1;
    return REAL(rename)(from, to);
}

int link(const char *from, const char *to) {
    if (is_ours_path(to) && fails(RENAME)) return -1;
    return REAL(link)(from, to);
}

// libpq (https://www.postgresql.org/docs/15/libpq.html). A cut connection has another socket in the place of its own, whose other end
// is closed: writes fail, reads see the end, and PostgreSQL sees the end of the old one.

typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;
int PQsocket(const PGconn *connection);
int PQflush(PGconn *connection);
int PQpipelineStatus(const PGconn *connection);
PGresult *PQgetResult(PGconn *connection);
void PQclear(PGresult *result);
int PQsendQuery(PGconn *connection, const char *text);
int PQsendPrepare(PGconn *connection, const char *name, const char *text, int count, const unsigned *types);
PGresult *PQdescribePrepared(PGconn *connection, const char *name);
PGresult *PQexec(PGconn *connection, const char *text);
PGresult *PQprepare(PGconn *connection, const char *name, const char *text, int count, const unsigned *types);
int PQputCopyData(PGconn *connection, const char *bytes, int count);
int PQputCopyEnd(PGconn *connection, const char *error);
int PQpipelineSync(PGconn *connection);

static void cut(PGconn *connection) {
    int ends[2], file = REAL(PQsocket)(connection);
    if (file < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return;
    dup3(ends[0], file, O_CLOEXEC);
    close(ends[0]);
    close(ends[1]);
}

// Waits until PostgreSQL has answered, then loses the answer.
static void lose(PGconn *connection) {
    struct pollfd poller = {.fd = REAL(PQsocket)(connection), .events = POLLIN};
    while (REAL(PQflush)(connection) > 0) usleep(1000);
    poll(&poller, 1, 2000);
    cut(connection);
}

static PGresult *lost(PGconn *connection, int is_sent) {
    PGresult *first = NULL, *more;
    if (is_sent) lose(connection);
    while ((more = REAL(PQgetResult)(connection)) != NULL) {
        if (first == NULL) first = more; else REAL(PQclear)(more);
    }
    return first;
}

// A call of the program, which counts, and not of libpq itself.
static int is_called(void *place) {
    Dl_info caller;
    return length > 0 && (dladdr(place, &caller) == 0 || strstr(caller.dli_fname, "libpq") == NULL);
}

#define CALLED is_called(__builtin_return_address(0))
#define FAILS_BEFORE(connection) do { if (CALLED && fails(STATEMENT)) cut(connection); } while (0)

PGresult *PQexec(PGconn *connection, const char *text) {
    FAILS_BEFORE(connection);
    if (CALLED && fails(ANSWER)) return lost(connection, REAL(PQsendQuery)(connection, text));
    return REAL(PQexec)(connection, text);
}

PGresult *PQprepare(PGconn *connection, const char *name, const char *text, int count, const unsigned *types) {
    FAILS_BEFORE(connection);
    if (CALLED && fails(ANSWER)) return lost(connection, REAL(PQsendPrepare)(connection, name, text, count, types));
    return REAL(PQprepare)(connection, name, text, count, types);
}

PGresult *PQdescribePrepared(PGconn *connection, const char *name) {
    FAILS_BEFORE(connection);
    return REAL(PQdescribePrepared)(connection, name);
}

#define PARAMETERS int count, const unsigned *types, const char *const *values, const int *lengths, const int *formats, int format
int PQsendQueryParams(PGconn *connection, const char *text, PARAMETERS);
PGresult *PQexecParams(PGconn *connection, const char *text, PARAMETERS);

int PQsendQueryParams(PGconn *connection, const char *text, PARAMETERS) {
    FAILS_BEFORE(connection);
    int is_sent = REAL(PQsendQueryParams)(connection, text, count, types, values, lengths, formats, format);
    // In a pipeline the answer comes with its end.
    if (CALLED && is_sent && REAL(PQpipelineStatus)(connection) == 0 && fails(ANSWER)) lose(connection);
    return is_sent;
}

PGresult *PQexecParams(PGconn *connection, const char *text, PARAMETERS) {
    FAILS_BEFORE(connection);
    if (CALLED && fails(ANSWER))
        return lost(connection, REAL(PQsendQueryParams)(connection, text, count, types, values, lengths, formats, format));
    return REAL(PQexecParams)(connection, text, count, types, values, lengths, formats, format);
}

#undef PARAMETERS
#define PARAMETERS int count, const char *const *values, const int *lengths, const int *formats, int format
int PQsendQueryPrepared(PGconn *connection, const char *name, PARAMETERS);
PGresult *PQexecPrepared(PGconn *connection, const char *name, PARAMETERS);

int PQsendQueryPrepared(PGconn *connection, const char *name, PARAMETERS) {
    FAILS_BEFORE(connection);
    int is_sent = REAL(PQsendQueryPrepared)(connection, name, count, values, lengths, formats, format);
    if (CALLED && is_sent && REAL(PQpipelineStatus)(connection) == 0 && fails(ANSWER)) lose(connection);
    return is_sent;
}

PGresult *PQexecPrepared(PGconn *connection, const char *name, PARAMETERS) {
    FAILS_BEFORE(connection);
    if (CALLED && fails(ANSWER))
        return lost(connection, REAL(PQsendQueryPrepared)(connection, name, count, values, lengths, formats, format));
    return REAL(PQexecPrepared)(connection, name, count, values, lengths, formats, format);
}

int PQpipelineSync(PGconn *connection) {
    FAILS_BEFORE(connection);
    int is_sent = REAL(PQpipelineSync)(connection);
    if (CALLED && is_sent && fails(ANSWER)) lose(connection);
    return is_sent;
}

int PQputCopyData(PGconn *connection, const char *bytes, int count) {
    FAILS_BEFORE(connection);
    return REAL(PQputCopyData)(connection, bytes, count);
}

int PQputCopyEnd(PGconn *connection, const char *error) {
    FAILS_BEFORE(connection);
    int is_sent = REAL(PQputCopyEnd)(connection, error);
    if (CALLED && is_sent == 1 && fails(ANSWER)) lose(connection);
    return is_sent;
}
