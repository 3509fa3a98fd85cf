/// Calls that Glibc's Swift overlay lacks, as functions of fixed arity.
///
/// Every function returns a value >= 0 on success and `-errno` on failure, so
/// that no caller has to read a thread-local variable after the fact.
#ifndef CLINUX_H
#define CLINUX_H

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

/// f_type of statfs(2) for the file behind a descriptor.
int cl_statfs_type(int fd, int64_t *type);

/// Bytes free for root on the file system behind a path (statvfs(3)).
int cl_free_bytes(const char *path, uint64_t *bytes);

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
};

/// clone3(2) into the cgroup, then execve(2). Stores a close-on-exec pidfd.
/// Returns the pid, or -errno of whatever failed in parent or child, the
/// failed step in `failed_step` (a static string).
///
/// Between clone and exec the child calls only async-signal-safe functions, so
/// this is right in a process with threads, where fork() from Swift is not.
int cl_spawn(const struct cl_spawn_request *request, int *pidfd, const char **failed_step);

#endif
