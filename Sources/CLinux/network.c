#define _GNU_SOURCE
#include "CLinux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

int cl_enter_network(int fd) { return setns(fd, CLONE_NEWNET) < 0 ? -errno : 0; }

int cl_new_network(const char *file) {
    if (unshare(CLONE_NEWNET) < 0) return -errno;
    return mount("/proc/thread-self/ns/net", file, NULL, MS_BIND, NULL) < 0 ? -errno : 0;
}

int cl_network_cookie(uint64_t *cookie) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    socklen_t size = sizeof *cookie;
    int result = getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &size) < 0 ? -errno : 0;
    close(fd);
    return result;
}

static int fail(int fd, int error) {
    close(fd);
    return -error;
}

/// Fills in an address of 4 or 16 bytes; 0 for any other length.
static socklen_t make_address(struct sockaddr_storage *storage, const uint8_t *address, size_t length, uint16_t port) {
    memset(storage, 0, sizeof *storage);
    if (length == 4) {
        struct sockaddr_in *in = (struct sockaddr_in *)storage;
        in->sin_family = AF_INET;
        in->sin_port = htons(port);
        memcpy(&in->sin_addr, address, length);
        return sizeof *in;
    }
    if (length == 16) {
        struct sockaddr_in6 *in = (struct sockaddr_in6 *)storage;
        in->sin6_family = AF_INET6;
        in->sin6_port = htons(port);
        memcpy(&in->sin6_addr, address, length);
        return sizeof *in;
    }
    return 0;
}

static int local_port(int fd, uint16_t *port) {
    struct sockaddr_storage storage;
    socklen_t size = sizeof storage;
    if (getsockname(fd, (struct sockaddr *)&storage, &size) < 0) return -errno;
    *port = ntohs(storage.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&storage)->sin6_port
                                                : ((struct sockaddr_in *)&storage)->sin_port);
    return 0;
}

int cl_tcp_connect(const uint8_t *address, size_t length, uint16_t port, int milliseconds, uint16_t *own_port) {
    struct sockaddr_storage storage;
    socklen_t size = make_address(&storage, address, length, port);
    if (size == 0) return -EAFNOSUPPORT;
    int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    // Close is a reset then, also when the process is killed: the peer's end goes at once, and no port stays in
    // TIME_WAIT.
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard) < 0) return fail(fd, errno);
    if (connect(fd, (struct sockaddr *)&storage, size) < 0) {
        if (errno != EINPROGRESS) return fail(fd, errno);
        struct pollfd entry = {.fd = fd, .events = POLLOUT};
        int ready;
        do {
            ready = poll(&entry, 1, milliseconds);
        } while (ready < 0 && errno == EINTR);
        if (ready < 0) return fail(fd, errno);
        if (ready == 0) return fail(fd, ETIMEDOUT);
        int error = 0;
        socklen_t error_size = sizeof error;
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_size) < 0) return fail(fd, errno);
        if (error != 0) return fail(fd, error);
    }
    int result = local_port(fd, own_port);
    return result < 0 ? fail(fd, -result) : fd;
}

int cl_tcp_is_over(int fd) {
    struct pollfd entry = {.fd = fd, .events = POLLRDHUP};
    int ready = poll(&entry, 1, 0);
    return ready < 0 ? -errno : ready;
}

int cl_tcp_take_port(uint16_t *port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    struct sockaddr_in any = {.sin_family = AF_INET};
    if (bind(fd, (struct sockaddr *)&any, sizeof any) < 0) return fail(fd, errno);
    int result = local_port(fd, port);
    return result < 0 ? fail(fd, -result) : fd;
}

int cl_udp_bound(const uint8_t *address, size_t length, uint16_t *port) {
    struct sockaddr_storage storage;
    socklen_t size = make_address(&storage, address, length, 0);
    if (size == 0) return -EAFNOSUPPORT;
    int fd = socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    if (bind(fd, (struct sockaddr *)&storage, size) < 0) return fail(fd, errno);
    int result = local_port(fd, port);
    return result < 0 ? fail(fd, -result) : fd;
}

int cl_udp_marked(const uint8_t *address, size_t length, uint16_t port, uint32_t mark) {
    struct sockaddr_storage storage;
    socklen_t size = make_address(&storage, address, length, port);
    if (size == 0) return -EAFNOSUPPORT;
    int fd = socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark) < 0) return fail(fd, errno);
    if (connect(fd, (struct sockaddr *)&storage, size) < 0) return fail(fd, errno);
    return fd;
}
