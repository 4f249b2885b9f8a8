#define _GNU_SOURCE
#include "CMicrohttpd.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int waybill_socket_progress(int fd, struct waybill_progress *progress)
{
    struct tcp_info info;
    socklen_t length = sizeof info;
    struct pollfd poller = {.fd = fd, .events = POLLRDHUP};

    memset(&info, 0, sizeof info);
    memset(progress, 0, sizeof *progress);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0)
        return -1;
    if (ioctl(fd, SIOCINQ, &progress->unread) != 0 || ioctl(fd, SIOCOUTQ, &progress->unsent) != 0)
        return -1;
    progress->received = info.tcpi_bytes_received;
    progress->delivered = info.tcpi_bytes_acked;
    if (poll(&poller, 1, 0) > 0)
        progress->hungup = (poller.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
    return 0;
}

int waybill_accept(int listening, struct sockaddr *address, socklen_t *length)
{
    return accept4(listening, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
