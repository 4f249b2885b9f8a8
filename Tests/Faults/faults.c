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

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { OPEN, WRITE, SYNC, RENAME, QUERY, LIE, KINDS };
static const char *const names[KINDS] = {"open", "write", "sync", "rename", "query", "lie"};
static const int errors[KINDS] = {EMFILE, ENOSPC, EIO, EIO, EIO, 0};

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
