/* What Swift cannot say of libmicrohttpd and of Linux sockets: variadic functions, va_list, and a struct whose Linux
 * header collides with glibc's. */
#ifndef WAYBILL_CMICROHTTPD_H
#define WAYBILL_CMICROHTTPD_H
#include <microhttpd.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

/* The first complaint of libmicrohttpd while it starts; later ones are dropped. Whoever starts the daemon owns it and
 * keeps it until the daemon has stopped. */
struct waybill_complaint {
    atomic_int closed;
    char text[512];
};

struct waybill_complaint *waybill_complaint_create(void);
void waybill_complaint_close(struct waybill_complaint *complaint);
const char *waybill_complaint_text(const struct waybill_complaint *complaint);

/* MHD_start_daemon with its options in an array that ends with MHD_OPTION_END. `completed`, `connected` and the logger
 * are set here as function pointers have no place in an array that Swift fills. `complaint` may not be NULL.
 *
 * The context of a request is, until the handler is called first, a note about its target: length << 2 | odd << 1 | 1, where
 * `odd` says that a control character or a blank stands in it. */
struct MHD_Daemon *waybill_start_daemon(unsigned int flags, MHD_AccessHandlerCallback handler,
                                        MHD_RequestCompletedCallback completed, MHD_NotifyConnectionCallback connected,
                                        void *context, struct waybill_complaint *complaint,
                                        const struct MHD_OptionItem *options);

/* The socket of a connection. */
int waybill_connection_socket(struct MHD_Connection *connection);

/* What MHD_NotifyConnectionCallback kept for the connection; NULL when nothing. */
void *waybill_connection_context(struct MHD_Connection *connection);

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
