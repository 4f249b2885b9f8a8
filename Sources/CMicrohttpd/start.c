#include "CMicrohttpd.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct waybill_complaint *waybill_complaint_create(void)
{
    return calloc(1, sizeof(struct waybill_complaint));
}

void waybill_complaint_close(struct waybill_complaint *complaint)
{
    atomic_store(&complaint->closed, 1);
}

const char *waybill_complaint_text(const struct waybill_complaint *complaint)
{
    return complaint->text;
}

/* Called by one thread until the daemon has started: the text needs no lock. Afterwards the flag keeps all out. */
static void keep_first(void *context, const char *format, va_list arguments)
{
    struct waybill_complaint *complaint = context;
    if (atomic_load(&complaint->closed) || complaint->text[0] != 0)
        return;
    vsnprintf(complaint->text, sizeof complaint->text, format, arguments);
}

/* Texts pass through the library as C strings: a decoded zero would cut off what comes after it. One that has an encoded
 * zero stays as it is, and then names nothing. */
static size_t unescape(void *context, struct MHD_Connection *connection, char *text)
{
    (void) context;
    (void) connection;
    return strstr(text, "%00") ? strlen(text) : MHD_http_unescape(text);
}

/* The target as it came, before the library cuts and decodes it in place: here alone its length is known, and what characters
 * it has. Odd, so that it is no address of an object; bit 1 is set where a control character or a blank stands in it. */
static void *note_target(void *context, const char *target, struct MHD_Connection *connection)
{
    uintptr_t length = 0, odd = 0;
    (void) context;
    (void) connection;
    for (; target[length] != 0; length++)
        if ((unsigned char) target[length] <= 0x20 || target[length] == 0x7F)
            odd = 2;
    return (void *) (length << 2 | odd | 1);
}

size_t waybill_head_size(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info ? info->header_size : 0;
}

struct MHD_Daemon *waybill_start_daemon(unsigned int flags, MHD_AccessHandlerCallback handler,
                                        MHD_RequestCompletedCallback completed, MHD_NotifyConnectionCallback connected,
                                        void *context, struct waybill_complaint *complaint,
                                        const struct MHD_OptionItem *options)
{
    /* The logger comes first: it hears what is said about the options after it. */
    return MHD_start_daemon(flags | MHD_USE_ERROR_LOG, 0, NULL, NULL, handler, context,
                            MHD_OPTION_EXTERNAL_LOGGER, keep_first, complaint,
                            MHD_OPTION_NOTIFY_COMPLETED, completed, context,
                            MHD_OPTION_NOTIFY_CONNECTION, connected, context,
                            MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,
                            MHD_OPTION_URI_LOG_CALLBACK, note_target, NULL,
                            MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

int waybill_connection_socket(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

void *waybill_connection_context(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}
