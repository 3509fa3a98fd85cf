/// Calls that Glibc's Swift overlay lacks, as functions of fixed arity.
///
/// Every function returns a value >= 0 on success and `-errno` on failure, so
/// that no caller has to read a thread-local variable after the fact.
#ifndef CLINUX_H
#define CLINUX_H

#include <poll.h>
#include <stdint.h>
#include <sys/types.h>

/// pidfd_open(2). The descriptor is close-on-exec.
int cl_pidfd_open(pid_t pid);

/// pidfd_send_signal(2) without siginfo.
int cl_pidfd_send_signal(int pidfd, int signal);

/// waitid(2) on a pidfd with WEXITED. Stores the exit code, or 128 + signal.
/// Returns 1 when the child was reaped, 0 when it still runs (only with nohang).
int cl_pidfd_wait(int pidfd, int nohang, int *status);

/// Reaps the process when it is a child of this one that has ended. Returns 1 when it was, else 0.
int cl_reap_child(pid_t pid);

/// prlimit(2), reading both values. RLIM_INFINITY is UINT64_MAX.
int cl_prlimit_get(pid_t pid, int resource, uint64_t *soft, uint64_t *hard);

/// prlimit(2), setting both values.
int cl_prlimit_set(pid_t pid, int resource, uint64_t soft, uint64_t hard);

/// getpriority(2) of one thread: its nice value, -20...19.
int cl_get_nice(pid_t thread, int *value);

/// setpriority(2) of one thread.
int cl_set_nice(pid_t thread, int value);

/// sched_setaffinity(2) of one thread, with the mask as 64-bit words.
int cl_set_affinity(pid_t thread, const uint64_t *mask, size_t words);

/// f_type of statfs(2) for the file behind a descriptor.
int cl_statfs_type(int fd, int64_t *type);

/// Bytes free for root on the file system behind a path (statvfs(3)).
int cl_free_bytes(const char *path, uint64_t *bytes);

/// What statvfs(3) says of a file system.
struct cl_space {
    uint64_t bytes;
    uint64_t free_bytes;
    /// Free for users other than root.
    uint64_t available_bytes;
    uint64_t inodes;
    uint64_t free_inodes;
};

/// statvfs(3) of the file system behind a path.
int cl_file_system_space(const char *path, struct cl_space *result);

/// fallocate(2) without flags: the file grows and its blocks are reserved.
int cl_allocate(int fd, uint64_t offset, uint64_t length);

/// pipe2(2) with O_CLOEXEC.
int cl_pipe(int ends[2]);

/// openat2(2) with the given open flags and RESOLVE_* flags.
int cl_openat2(int directory, const char *path, int flags, uint64_t resolve);

/// RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS of openat2(2).
uint64_t cl_resolve_beneath(void);

/// mlockall(2) with MCL_CURRENT | MCL_FUTURE.
int cl_lock_memory(void);

/// open(2) of a file for writing with O_TRUNC, one write(2) of the whole
/// buffer, close(2). A short write is -EIO. The form that kernel knobs need.
int cl_write_once(const char *path, const void *bytes, size_t count);

/// What `cl_spawn` starts. Arrays are NULL-terminated.
struct cl_spawn_request {
    const char *path;
    char *const *arguments;
    char *const *environment;
    /// Working directory, or NULL to inherit.
    const char *directory;
    /// Descriptors that become 0, 1, 2; -1 opens /dev/null.
    int standard_input;
    int standard_output;
    int standard_error;
    /// Further descriptors that stay open, under the number 3, 4, ...
    const int *kept;
    int kept_count;
    /// A descriptor of a cgroup v2 directory, or -1 for the parent's cgroup.
    int cgroup;
    /// Start a session of its own (setsid).
    int new_session;
    /// Drop to this user and group, with just these supplementary groups; -1 keeps root.
    int64_t user;
    int64_t group;
    const gid_t *groups;
    int groups_count;
    /// Written to /proc/self/oom_score_adj before exec, when asked for.
    int writes_oom_score_adj;
    int oom_score_adj;
    /// SIGKILL when the thread that starts it ends (PR_SET_PDEATHSIG).
    int ends_with_parent;
    /// Start in a network namespace of its own, whose loopback device is up (CLONE_NEWNET).
    int new_network;
};

/// clone3(2) into the cgroup, then execve(2). Stores a close-on-exec pidfd.
/// Returns the pid, or -errno of whatever failed in parent or child, the
/// failed step in `failed_step` (a static string).
///
/// Between clone and exec the child calls only async-signal-safe functions, so
/// this is right in a process with threads, where fork() from Swift is not.
int cl_spawn(const struct cl_spawn_request *request, int *pidfd, const char **failed_step);

/// A system call that a thread under a listener's filter has made, and in which it waits (seccomp_unotify(2)).
struct cl_seccomp_call {
    uint64_t id;
    /// Id of the calling thread.
    pid_t thread;
    /// Number of the call on this machine's architecture.
    int number;
};

/// seccomp(2), SECCOMP_SET_MODE_FILTER with NEW_LISTENER and WAIT_KILLABLE_RECV (Linux 5.19): a call that the listener
/// has received is interrupted by nothing but a fatal signal. `size` is in bytes. Returns the listener, close-on-exec.
int cl_seccomp_listen(const void *program, size_t size);

/// SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (Linux 6.6): caller and listener take turns on one CPU, which saves waking another.
/// -EINVAL on an older kernel.
int cl_seccomp_wake_in_step(int listener);

/// SECCOMP_IOCTL_NOTIF_RECV. Blocks unless poll(2) said that there is one; -ENOENT when it is gone again.
int cl_seccomp_receive(int listener, struct cl_seccomp_call *call);

/// SECCOMP_IOCTL_NOTIF_SEND: the call is not made; it fails with the error, or returns the value when that is 0.
/// -ENOENT when its thread has ended.
int cl_seccomp_answer(int listener, uint64_t id, int64_t value, int error);

/// The same with SECCOMP_USER_NOTIF_FLAG_CONTINUE: the call is made as if there were no filter.
int cl_seccomp_continue(int listener, uint64_t id);

/// pidfd_getfd(2): a duplicate, close-on-exec, of a descriptor of another process.
int cl_pidfd_getfd(int pidfd, int number);

/// ppoll(2) without a signal mask; waits for ever when `nanoseconds` is negative. Returns how many are ready; 0 also
/// after a signal.
int cl_wait_ready(struct pollfd *entries, size_t count, int64_t nanoseconds);

/// The name of an error number, such as EIO; NULL for one that has none (strerrorname_np(3)).
const char *cl_error_name(int error);

/// Sockets that keep records apart (SOCK_SEQPACKET of unix(7)), close-on-exec; names are abstract: in no file system,
/// of at most 106 bytes, and gone with their socket.
int cl_unix_pair(int ends[2]);
int cl_unix_listen(const char *name);
int cl_unix_connect(const char *name);

/// accept4(2) from a socket of cl_unix_listen; -EAGAIN when nobody waits.
int cl_unix_accept(int socket);

/// SO_PEERCRED: who connected.
int cl_unix_peer(int socket, pid_t *pid, uid_t *user);

/// One record. A peer that is gone is -EPIPE, never SIGPIPE.
int cl_unix_send(int socket, const void *bytes, size_t count);

/// One record; returns its length, which is more than `count` when it did not fit, and 0 at the peer's end.
int cl_unix_receive(int socket, void *bytes, size_t count);

/// setns(2) of the calling thread alone into the network namespace behind a descriptor of nsfs.
int cl_enter_network(int fd);

/// unshare(2) of the calling thread alone into a new network namespace, which is mounted on an existing file.
int cl_new_network(const char *file);

/// A non-blocking UDP socket on a free port of an address of 4 or 16 bytes.
int cl_udp_bound(const uint8_t *address, size_t length, uint16_t *port);

/// A non-blocking UDP socket connected to an address of 4 or 16 bytes, whose packets carry a mark (SO_MARK).
int cl_udp_marked(const uint8_t *address, size_t length, uint16_t port, uint32_t mark);

/// SO_NETNS_COOKIE (Linux 5.14): a number that no other network namespace has until the next boot, for the one that the
/// calling thread is in.
int cl_network_cookie(uint64_t *cookie);

/// A TCP connection to an address of 4 or 16 bytes, in network order, within a time. Returns a descriptor, close-on-exec
/// and non-blocking, whose close is a reset (SO_LINGER of 0, socket(7)); stores the port of this end.
int cl_tcp_connect(const uint8_t *address, size_t length, uint16_t port, int milliseconds, uint16_t *own_port);

/// 1 when the peer has closed or reset a connection, 0 while it has not.
int cl_tcp_is_over(int fd);

/// A TCP socket bound to an ephemeral port of the kernel's choice (ip(7), ip_local_port_range), close-on-exec. -EADDRINUSE
/// when none is free.
int cl_tcp_take_port(uint16_t *port);

/// A device-mapper device, as DM_TABLE_STATUS tells of it (linux/dm-ioctl.h).
struct cl_dm_device {
    /// As makedev(3) packs it.
    uint64_t number;
    int32_t open_count;
    int is_suspended;
    /// A table is loaded that comes into force with the next resume.
    int has_inactive;
    /// Of the table in force; what follows is filled in when there is just one.
    uint32_t targets;
    uint64_t start;
    uint64_t sectors;
    char type[16];
    char parameters[1024];
};

/// The calls of the device mapper, on a descriptor of /dev/mapper/control. All but the first name the device by its uuid;
/// -ENXIO when there is none.
int cl_dm_create(int control, const char *name, const char *uuid);

/// Loads a table of one target over the whole device; it is not in force yet.
int cl_dm_load(int control, const char *uuid, uint64_t sectors, const char *type, const char *parameters);

/// Puts a loaded table in force and lets a suspended device go on, in one call: without freezing the file system on it,
/// and without flushing, so that a device that fails or is slow does not hold it up.
int cl_dm_resume(int control, const char *uuid);

/// Drops a loaded table.
int cl_dm_clear(int control, const char *uuid);

/// -EBUSY while it is open or mounted.
int cl_dm_remove(int control, const char *uuid);

int cl_dm_look(int control, const char *uuid, struct cl_dm_device *device);

/// LOOP_CTL_GET_FREE: the number of a loop device that nobody uses at this moment.
int cl_loop_free(void);

/// LOOP_CONFIGURE (Linux 5.8): -EBUSY when another was quicker.
int cl_loop_attach(const char *device, int file);

/// LOOP_CLR_FD. A device that is still open is detached when it is closed for the last time.
int cl_loop_detach(const char *device);

/// mount(2), without set-user-id programs and device files.
int cl_mount(const char *source, const char *folder, const char *type);

/// FS_IOC_SHUTDOWN of the file system that a folder is on: nothing more is written to it, not even its journal.
int cl_shut_down_file_system(const char *folder);

/// FS_IOC_GETFLAGS of an open file.
int cl_inode_flags(int file, uint32_t *flags);

/// FS_IOC_SETFLAGS of an open file.
int cl_set_inode_flags(int file, uint32_t flags);

/// umount2(2); lazily is MNT_DETACH: out of the tree now, unmounted when nobody uses it any more.
int cl_unmount(const char *folder, int lazily);

/// Reads or writes a block device past the page cache (O_DIRECT); offset and count are multiples of 4096.
int cl_direct_read(const char *device, uint64_t offset, void *bytes, size_t count);
int cl_direct_write(const char *device, uint64_t offset, const void *bytes, size_t count);

/// The address of a stream socket: IPv4, IPv6 or unix.
#define CL_ADDRESS_BYTES 112
struct cl_address {
    _Alignas(8) uint8_t bytes[CL_ADDRESS_BYTES];
    uint32_t length;
};

/// From a numeric host; -EINVAL for anything else.
int cl_address_inet(struct cl_address *address, const char *host, uint16_t port);

/// -ENAMETOOLONG from 108 bytes on (unix(7)).
int cl_address_unix(struct cl_address *address, const char *path);

/// The IP address in network order; returns 4, 16, or 0 for a unix socket.
int cl_address_ip(const struct cl_address *address, uint8_t bytes[16]);

/// HOST:PORT, [IPv6]:PORT or unix:PATH; returns the length, as snprintf(3) does.
int cl_address_text(const struct cl_address *address, char *text, size_t size);

/// 0 for a unix socket.
uint16_t cl_address_port(const struct cl_address *address);

/// Stream sockets, all close-on-exec, non-blocking and without Nagle's delay.
int cl_stream_listen(const struct cl_address *address, int backlog);

/// -EAGAIN when nobody waits.
int cl_stream_accept(int listener, struct cl_address *peer);

/// Starts to connect; the descriptor is writable when that is over, and `cl_stream_error` says how.
int cl_stream_dial(const struct cl_address *address);

/// SO_ERROR, once: 0 or -errno.
int cl_stream_error(int fd);

/// getsockname(2).
int cl_stream_name(int fd, struct cl_address *address);

/// Closes with RST: linger 0 makes close(2) throw away what is unsent (socket(7)).
void cl_stream_reset(int fd);

/// Bytes that can be read at once (FIONREAD: SIOCINQ of tcp(7) and unix(7)), or -errno.
int cl_stream_waiting(int fd);

/// shutdown(2) of the sending half.
int cl_stream_end(int fd);

int64_t cl_stream_read(int fd, void *bytes, size_t count);

/// As `cl_stream_read`, and leaves the bytes where they are (MSG_PEEK, recv(2)).
int64_t cl_stream_peek(int fd, void *bytes, size_t count);

/// A peer that is gone is -EPIPE, never SIGPIPE.
int64_t cl_stream_write(int fd, const void *bytes, size_t count);

/// splice(2) without waiting: moves bytes between a socket and a pipe inside the kernel.
int64_t cl_splice(int from, int to, size_t count);

/// A non-blocking pipe, close-on-exec, of that many bytes if the limit of pipe(7) allows; returns how many it has.
int cl_pipe_of_size(int ends[2], int size);

/// PR_SET_NAME of the calling thread: 15 bytes, which top(1) and perf(1) show.
int cl_name_thread(const char *name);

/// PR_SET_TIMERSLACK of the calling thread to a nanosecond: alarms go off when they are due, not up to 50 µs later.
int cl_precise_timers(void);

/// eventfd(2), close-on-exec and non-blocking.
int cl_event(void);
int cl_event_signal(int fd);
int cl_event_clear(int fd);

/// epoll(7). Events are EPOLLIN and so on; an owner comes back with what is ready.
struct cl_ready {
    void *owner;
    uint32_t events;
};
int cl_epoll_create(void);
int cl_epoll_add(int epoll, int fd, uint32_t events, void *owner);
int cl_epoll_remove(int epoll, int fd);

/// epoll_pwait2(2) (Linux 5.11), at most 256 at a time; waits for ever when `nanoseconds` is negative. 0 also after a
/// signal.
int cl_epoll_wait(int epoll, struct cl_ready *ready, int count, int64_t nanoseconds);

#endif
