/* Clients that ask for work and look every few milliseconds whether it is done.

   usage: poll HOST PORT CLIENTS MILLISECONDS SECONDS SUBMISSIONS STATUS
   SUBMISSIONS: a file of requests, one a line: METHOD PATH BODY ("-" for none), taken in turn, each once.
   STATUS: METHOD PATH BODY, in which @ stands for the uuid that the submission answered.
   The answer to a submission holds "uuid":"…"; the status is done when it holds SUCCESS. Prints jobs a second. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_in place;
static char **lines;
static size_t line_count;
static atomic_size_t next_line, done_count, failed_count;
static const char *status_line;
static long pause_us;
static double seconds;
static struct timespec begun;

static double elapsed(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begun.tv_sec) + (double)(now.tv_nsec - begun.tv_nsec) / 1e9;
}

static int dial(void) {
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&place, sizeof place)) return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

/* Sends METHOD PATH BODY with @ replaced, reads one answer with a Content-Length into `answer`. */
static int exchange(int fd, const char *line, const char *uuid, char *answer, size_t room) {
    char text[8192], request[9000];
    size_t end = 0;
    for (const char *c = line; *c && end < sizeof text - 64; c++) {
        if (*c == '@') end += (size_t)sprintf(text + end, "%s", uuid);
        else text[end++] = *c;
    }
    text[end] = 0;
    char *path = strchr(text, ' ');
    *path++ = 0;
    char *body = strchr(path, ' ');
    *body++ = 0;
    if (!strcmp(body, "-")) body = "";
    int size = snprintf(request, sizeof request,
        "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
        text, path, strlen(body), body);
    if (write(fd, request, (size_t)size) != size) return -1;
    size_t have = 0;
    while (have < room - 1) {
        ssize_t got = read(fd, answer + have, room - 1 - have);
        if (got <= 0) return -1;
        have += (size_t)got;
        answer[have] = 0;
        char *head = strstr(answer, "\r\n\r\n");
        if (!head) continue;
        char *length = strcasestr(answer, "content-length:");
        if (length && have >= (size_t)(head + 4 - answer) + strtoul(length + 15, NULL, 10)) return 0;
    }
    return -1;
}

static void *client(void *unused) {
    char answer[16384], uuid[64];
    int fd = dial();
    while (fd >= 0 && elapsed() < seconds) {
        size_t number = atomic_fetch_add(&next_line, 1);
        if (number >= line_count || exchange(fd, lines[number], "", answer, sizeof answer)) break;
        char *found = strstr(answer, "\"uuid\":");
        if (!found || sscanf(found + 7, " \"%60[^\"]", uuid) != 1) {
            if (!atomic_fetch_add(&failed_count, 1)) fprintf(stderr, "%s\n", answer);
            continue;
        }
        do {
            usleep((useconds_t)pause_us);
            if (exchange(fd, status_line, uuid, answer, sizeof answer)) return NULL;
        } while (!strstr(answer, "SUCCESS") && elapsed() < seconds + 30);
        atomic_fetch_add(&done_count, 1);
    }
    close(fd);
    return unused;
}

int main(int count, char **words) {
    if (count != 8) return 2;
    place.sin_family = AF_INET;
    place.sin_port = htons((unsigned short)atoi(words[2]));
    inet_pton(AF_INET, words[1], &place.sin_addr);
    int clients = atoi(words[3]);
    pause_us = atol(words[4]) * 1000;
    seconds = atof(words[5]);
    status_line = words[7];
    FILE *file = fopen(words[6], "r");
    if (!file) return 1;
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    while ((size = getline(&line, &room, file)) > 0) {
        line[size - 1] = 0;
        lines = realloc(lines, (line_count + 1) * sizeof *lines);
        lines[line_count++] = strdup(line);
    }
    clock_gettime(CLOCK_MONOTONIC, &begun);
    pthread_t threads[clients];
    for (int i = 0; i < clients; i++) pthread_create(&threads[i], NULL, client, NULL);
    for (int i = 0; i < clients; i++) pthread_join(threads[i], NULL);
    fprintf(stderr, "%zu done, %zu refused\n", done_count, failed_count);
    printf("%.1f\n", (double)done_count / elapsed());
    return failed_count > 0;
}
