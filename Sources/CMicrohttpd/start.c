#include "CMicrohttpd.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct waybill_hooks *waybill_hooks_create(void (*head_begins)(void *), void (*length_is_bad)(void *), void *context)
{
    struct waybill_hooks *hooks = calloc(1, sizeof *hooks);
    if (hooks != NULL) {
        hooks->head_begins = head_begins;
        hooks->length_is_bad = length_is_bad;
        hooks->context = context;
    }
    return hooks;
}

void waybill_hooks_start(struct waybill_hooks *hooks)
{
    atomic_store(&hooks->started, 1);
}

const char *waybill_hooks_complaint(const struct waybill_hooks *hooks)
{
    return hooks->complaint;
}

/* Called by one thread until the daemon has started: the text needs no lock. Afterwards one line matters: the library writes the
 * head of its own answer twice where it refuses a Content-Length (0.9.75), and this is the last moment to answer before it. */
static void hear(void *context, const char *format, va_list arguments)
{
    struct waybill_hooks *hooks = context;
    if (atomic_load(&hooks->started)) {
        if (strstr(format, "Content-Length") != NULL)
            hooks->length_is_bad(hooks->context);
    } else if (hooks->complaint[0] == 0) {
        vsnprintf(hooks->complaint, sizeof hooks->complaint, format, arguments);
    }
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
    struct waybill_hooks *hooks = context;
    void *socket = waybill_connection_context(connection);
    uintptr_t length = 0, odd = 0;
    if (socket != NULL)
        hooks->head_begins(socket);
    for (; target[length] != 0; length++)
        if ((unsigned char) target[length] <= 0x20 || target[length] == 0x7F)
            odd = 2;
    return (void *) (length << 2 | odd | 1);
}

const char *waybill_length_field(struct MHD_Connection *connection, size_t *size)
{
    const char *value = NULL;
    *size = 0;
    MHD_lookup_connection_value_n(connection, MHD_HEADER_KIND, "Content-Length", strlen("Content-Length"), &value, size);
    return value;
}

size_t waybill_head_size(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info ? info->header_size : 0;
}

struct MHD_Daemon *waybill_start_daemon(unsigned int flags, MHD_AccessHandlerCallback handler,
                                        MHD_RequestCompletedCallback completed, MHD_NotifyConnectionCallback connected,
                                        struct waybill_hooks *hooks,
                                        const struct MHD_OptionItem *options)
{
    /* The logger comes first: it hears what is said about the options after it. */
    return MHD_start_daemon(flags | MHD_USE_ERROR_LOG, 0, NULL, NULL, handler, hooks->context,
                            MHD_OPTION_EXTERNAL_LOGGER, hear, hooks,
                            MHD_OPTION_NOTIFY_COMPLETED, completed, hooks->context,
                            MHD_OPTION_NOTIFY_CONNECTION, connected, hooks->context,
                            MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,
                            MHD_OPTION_URI_LOG_CALLBACK, note_target, hooks,
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
