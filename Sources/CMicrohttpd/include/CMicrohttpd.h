/* What Swift cannot say of libmicrohttpd and of Linux sockets: variadic functions, va_list, and a struct whose Linux
 * header collides with glibc's. */
#ifndef WAYBILL_CMICROHTTPD_H
#define WAYBILL_CMICROHTTPD_H
#include <microhttpd.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

/* What libmicrohttpd calls back beside requests. Whoever starts the daemon owns it and keeps it until the daemon has
 * stopped. */
struct waybill_hooks {
    /* The first complaint while the daemon starts; later ones are dropped. */
    char complaint[512];
    atomic_int started;
    /* The request line of a head is there; called with the context of the socket. */
    void (*head_begins)(void *socket_context);
    /* The library has read a head to its end and is about to refuse it for its Content-Length. It does not say which: it is one
     * whose request line was read by the same thread. Called with `context`. */
    void (*length_is_bad)(void *context);
    void *context;
};

struct waybill_hooks *waybill_hooks_create(void (*head_begins)(void *), void (*length_is_bad)(void *), void *context);
/* The daemon has started. */
void waybill_hooks_start(struct waybill_hooks *hooks);
const char *waybill_hooks_complaint(const struct waybill_hooks *hooks);

/* MHD_start_daemon with its options in an array that ends with MHD_OPTION_END. `completed`, `connected` and the logger
 * are set here as function pointers have no place in an array that Swift fills. `hooks` may not be NULL; their context is
 * that of the handlers.
 *
 * The context of a request is, until the handler is called first, a note about its target: length << 2 | odd << 1 | 1, where
 * `odd` says that a control character or a blank stands in it. */
struct MHD_Daemon *waybill_start_daemon(unsigned int flags, MHD_AccessHandlerCallback handler,
                                        MHD_RequestCompletedCallback completed, MHD_NotifyConnectionCallback connected,
                                        struct waybill_hooks *hooks,
                                        const struct MHD_OptionItem *options);

/* The socket of a connection. */
int waybill_connection_socket(struct MHD_Connection *connection);

/* What MHD_NotifyConnectionCallback kept for the connection; NULL when nothing. */
void *waybill_connection_context(struct MHD_Connection *connection);

/* The value of the Content-Length of the head that is being read, not ended by a zero; NULL when there is none. */
const char *waybill_length_field(struct MHD_Connection *connection, size_t *size);

/* The bytes of the request's head, from the method that the library hands over to the end of the blank line; 0 when unknown. */
size_t waybill_head_size(struct MHD_Connection *connection);

/* accept4 (not POSIX, so Swift does not see it) for a socket that does not block and that no child process has. */
int waybill_accept(int listening, struct sockaddr *address, socklen_t *length);

/* What has moved over a TCP socket since it was opened, as the kernel counts it. */
struct waybill_progress {
    uint64_t received;   /* payload bytes that came from the peer */
    uint64_t delivered;  /* payload bytes that the peer acknowledged */
    int unread;          /* bytes that wait for us to read them */
    int unsent;          /* bytes that wait for the peer to take them */
    int hungup;          /* the peer will send nothing more */
};

/* Fills `progress`; -1 and errno when the kernel does not tell. */
int waybill_socket_progress(int fd, struct waybill_progress *progress);

#endif
