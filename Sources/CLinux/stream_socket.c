#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "CLinux.h"

_Static_assert(sizeof(struct sockaddr_un) <= CL_ADDRESS_BYTES, "cl_address is too small");
_Static_assert(sizeof(struct sockaddr_in6) <= CL_ADDRESS_BYTES, "cl_address is too small");

static int returned(long result) { return result < 0 ? -errno : (int)result; }

static const struct sockaddr *socket_address(const struct cl_address *address) {
    return (const struct sockaddr *)address->bytes;
}

int cl_address_inet(struct cl_address *address, const char *host, uint16_t port) {
    memset(address, 0, sizeof *address);
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
        memcpy(address->bytes, &v4, sizeof v4);
        address->length = sizeof v4;
    } else if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
        memcpy(address->bytes, &v6, sizeof v6);
        address->length = sizeof v6;
    } else {
        return -EINVAL;
    }
    return 0;
}

int cl_address_unix(struct cl_address *address, const char *path) {
    memset(address, 0, sizeof *address);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof name.sun_path) return -ENAMETOOLONG;
    memcpy(name.sun_path, path, length + 1);
    memcpy(address->bytes, &name, sizeof name);
    address->length = (uint32_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
    return 0;
}

int cl_address_ip(const struct cl_address *address, uint8_t bytes[16]) {
    switch (socket_address(address)->sa_family) {
    case AF_INET:
        memcpy(bytes, &((const struct sockaddr_in *)address->bytes)->sin_addr, 4);
        return 4;
    case AF_INET6:
        memcpy(bytes, &((const struct sockaddr_in6 *)address->bytes)->sin6_addr, 16);
        return 16;
    default:
        return 0;
    }
}

int cl_address_text(const struct cl_address *address, char *text, size_t size) {
    char host[INET6_ADDRSTRLEN] = "";
    switch (socket_address(address)->sa_family) {
    case AF_INET:
        if (!inet_ntop(AF_INET, &((const struct sockaddr_in *)address->bytes)->sin_addr, host, sizeof host)) return -errno;
        return snprintf(text, size, "%s:%d", host, cl_address_port(address));
    case AF_INET6:
        if (!inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address->bytes)->sin6_addr, host, sizeof host))
            return -errno;
        return snprintf(text, size, "[%s]:%d", host, cl_address_port(address));
    default:
        return snprintf(text, size, "unix:%s", ((const struct sockaddr_un *)address->bytes)->sun_path);
    }
}

uint16_t cl_address_port(const struct cl_address *address) {
    switch (socket_address(address)->sa_family) {
    case AF_INET:
        return ntohs(((const struct sockaddr_in *)address->bytes)->sin_port);
    case AF_INET6:
        return ntohs(((const struct sockaddr_in6 *)address->bytes)->sin6_port);
    default:
        return 0;
    }
}

static void be_prompt(int fd) {
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int cl_stream_listen(const struct cl_address *address, int backlog) {
    int family = socket_address(address)->sa_family;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    int on = 1;
    if (family != AF_UNIX) {
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        // What is accepted inherits it.
        be_prompt(fd);
    }
    if (bind(fd, socket_address(address), address->length) < 0 || listen(fd, backlog) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

int cl_stream_accept(int listener, struct cl_address *peer) {
    memset(peer, 0, sizeof *peer);
    socklen_t length = sizeof peer->bytes;
    int fd = accept4(listener, (struct sockaddr *)peer->bytes, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return -errno;
    peer->length = length;
    return fd;
}

int cl_stream_dial(const struct cl_address *address) {
    int fd = socket(socket_address(address)->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    if (socket_address(address)->sa_family != AF_UNIX) be_prompt(fd);
    if (connect(fd, socket_address(address), address->length) < 0 && errno != EINPROGRESS) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

int cl_stream_error(int fd) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return -errno;
    return -error;
}

int cl_stream_name(int fd, struct cl_address *address) {
    memset(address, 0, sizeof *address);
    socklen_t length = sizeof address->bytes;
    if (getsockname(fd, (struct sockaddr *)address->bytes, &length) < 0) return -errno;
    address->length = length;
    return 0;
}

void cl_stream_reset(int fd) {
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
}

int cl_stream_waiting(int fd) {
    int count = 0;
    return ioctl(fd, FIONREAD, &count) < 0 ? -errno : count;
}

int cl_stream_end(int fd) { return returned(shutdown(fd, SHUT_WR)); }

int64_t cl_stream_read(int fd, void *bytes, size_t count) {
    ssize_t result = recv(fd, bytes, count, 0);
    return result < 0 ? -errno : result;
}

int64_t cl_stream_peek(int fd, void *bytes, size_t count) {
    ssize_t result = recv(fd, bytes, count, MSG_PEEK);
    return result < 0 ? -errno : result;
}

int64_t cl_stream_write(int fd, const void *bytes, size_t count) {
    ssize_t result = send(fd, bytes, count, MSG_NOSIGNAL);
    return result < 0 ? -errno : result;
}

int64_t cl_splice(int from, int to, size_t count) {
    ssize_t result = splice(from, NULL, to, NULL, count, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    return result < 0 ? -errno : result;
}

int cl_pipe_of_size(int ends[2], int size) {
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) return -errno;
    // Above the limit of pipe(7) an unprivileged process keeps what it has.
    (void)fcntl(ends[1], F_SETPIPE_SZ, size);
    return returned(fcntl(ends[1], F_GETPIPE_SZ));
}

int cl_name_thread(const char *name) { return returned(prctl(PR_SET_NAME, name, 0UL, 0UL, 0UL)); }

int cl_precise_timers(void) { return returned(prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL)); }

int cl_event(void) { return returned(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

int cl_event_signal(int fd) {
    uint64_t one = 1;
    return returned(write(fd, &one, sizeof one));
}

int cl_event_clear(int fd) {
    uint64_t count;
    return returned(read(fd, &count, sizeof count));
}

int cl_epoll_create(void) { return returned(epoll_create1(EPOLL_CLOEXEC)); }

int cl_epoll_add(int epoll, int fd, uint32_t events, void *owner) {
    struct epoll_event event = {.events = events, .data = {.ptr = owner}};
    return returned(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}

int cl_epoll_remove(int epoll, int fd) { return returned(epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL)); }

int cl_epoll_wait(int epoll, struct cl_ready *ready, int count, int64_t nanoseconds) {
    enum { most = 256 };
    struct epoll_event events[most];
    if (count > most) count = most;
    struct timespec limit = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    int found = epoll_pwait2(epoll, events, count, nanoseconds < 0 ? NULL : &limit, NULL);
    if (found < 0) return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < found; i++) {
        ready[i].owner = events[i].data.ptr;
        ready[i].events = events[i].events;
    }
    return found;
}
