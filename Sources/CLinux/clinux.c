#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int result_of(long value) { return value < 0 ? -errno : (int)value; }

int cl_pidfd_open(pid_t pid) { return result_of(syscall(SYS_pidfd_open, pid, 0)); }

int cl_pidfd_send_signal(int pidfd, int signal) {
    return result_of(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}

int cl_pidfd_wait(int pidfd, int nohang, int *status) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    int flags = WEXITED | (nohang ? WNOHANG : 0);
    int outcome;
    do {
        outcome = waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, flags);
    } while (outcome < 0 && errno == EINTR);
    if (outcome < 0) return -errno;
    if (info.si_pid == 0) return 0;
    *status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
    return 1;
}

int cl_pidfd_getfd(int pidfd, int number) { return result_of(syscall(SYS_pidfd_getfd, pidfd, number, 0)); }

int cl_wait_ready(struct pollfd *entries, size_t count, int64_t nanoseconds) {
    struct timespec limit = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    int ready = ppoll(entries, count, nanoseconds < 0 ? NULL : &limit, NULL);
    return ready >= 0 ? ready : (errno == EINTR ? 0 : -errno);
}

const char *cl_error_name(int error) { return strerrorname_np(error); }

int cl_reap_child(pid_t pid) { return waitpid(pid, NULL, WNOHANG) == pid ? 1 : 0; }

int cl_prlimit_get(pid_t pid, int resource, uint64_t *soft, uint64_t *hard) {
    struct rlimit64 limit;
    if (prlimit64(pid, resource, NULL, &limit) < 0) return -errno;
    *soft = limit.rlim_cur;
    *hard = limit.rlim_max;
    return 0;
}

int cl_prlimit_set(pid_t pid, int resource, uint64_t soft, uint64_t hard) {
    struct rlimit64 limit = {.rlim_cur = soft, .rlim_max = hard};
    return prlimit64(pid, resource, &limit, NULL) < 0 ? -errno : 0;
}

int cl_get_nice(pid_t thread, int *value) {
    // -1 is a nice value too: only errno tells it from a failure.
    errno = 0;
    int found = getpriority(PRIO_PROCESS, (id_t)thread);
    if (found == -1 && errno != 0) return -errno;
    *value = found;
    return 0;
}

int cl_set_affinity(pid_t thread, const uint64_t *mask, size_t words) {
    return result_of(syscall(SYS_sched_setaffinity, thread, words * sizeof *mask, mask));
}

int cl_set_nice(pid_t thread, int value) {
    return setpriority(PRIO_PROCESS, (id_t)thread, value) < 0 ? -errno : 0;
}

int cl_statfs_type(int fd, int64_t *type) {
    struct statfs info;
    if (fstatfs(fd, &info) < 0) return -errno;
    *type = info.f_type;
    return 0;
}

int cl_free_bytes(const char *path, uint64_t *bytes) {
    struct statvfs info;
    if (statvfs(path, &info) < 0) return -errno;
    *bytes = (uint64_t)info.f_bfree * info.f_frsize;
    return 0;
}

int cl_file_system_space(const char *path, struct cl_space *result) {
    struct statvfs info;
    if (statvfs(path, &info) < 0) return -errno;
    result->bytes = (uint64_t)info.f_blocks * info.f_frsize;
    result->free_bytes = (uint64_t)info.f_bfree * info.f_frsize;
    result->available_bytes = (uint64_t)info.f_bavail * info.f_frsize;
    result->inodes = info.f_files;
    result->free_inodes = info.f_ffree;
    return 0;
}

int cl_allocate(int fd, uint64_t offset, uint64_t length) {
    int result;
    do {
        result = fallocate(fd, 0, (off_t)offset, (off_t)length);
    } while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : 0;
}

int cl_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) < 0 ? -errno : 0; }

int cl_openat2(int directory, const char *path, int flags, uint64_t resolve) {
    struct open_how how = {.flags = (uint64_t)flags, .resolve = resolve};
    return result_of(syscall(SYS_openat2, directory, path, &how, sizeof how));
}

uint64_t cl_resolve_beneath(void) { return RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS; }

int cl_lock_memory(void) { return mlockall(MCL_CURRENT | MCL_FUTURE) < 0 ? -errno : 0; }

int cl_write_once(const char *path, const void *bytes, size_t count) {
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_TRUNC);
    if (fd < 0) return -errno;
    ssize_t written = write(fd, bytes, count);
    int failure = written < 0 ? errno : ((size_t)written == count ? 0 : EIO);
    if (close(fd) < 0 && failure == 0) failure = errno;
    return -failure;
}

/// What the child tells its parent when it cannot get as far as exec.
struct failure {
    int error;
    int step;
};

static const char *const steps[] = {
    "descriptors", "setsid", "prctl", "oom_score_adj", "setgroups", "setgid", "setuid", "chdir", "execve", "pipe", "clone3",
    "loopback",
};
enum { DESCRIPTORS, SETSID, DEATH_SIGNAL, OOM_SCORE, SETGROUPS, SETGID, SETUID, CHDIR, EXECVE, PIPE, CLONE, LOOPBACK };

static void fail(int report, int step) {
    struct failure failure = {.error = errno, .step = step};
    ssize_t ignored = write(report, &failure, sizeof failure);
    (void)ignored;
    _exit(127);
}

/// Closes all but the given descriptors, which makes room: the child can be born into a cgroup whose processes are
/// having their RLIMIT_NOFILE lowered, to less than what the parent has open.
static void close_others(const int *needed, int count, int report) {
    unsigned int from = 0;
    for (;;) {
        unsigned int next = ~0U;
        for (int i = 0; i < count; i++)
            if (needed[i] >= 0 && (unsigned int)needed[i] >= from && (unsigned int)needed[i] < next)
                next = (unsigned int)needed[i];
        if (next > from && syscall(SYS_close_range, from, next == ~0U ? next : next - 1, 0) < 0)
            fail(report, DESCRIPTORS);
        if (next == ~0U) return;
        from = next + 1;
    }
}

/// Puts the wanted descriptors at 0, 1, 2, 3 ... First copies all of them above
/// the range they will land in, so that none overwrites another. The report pipe moves out of the way too: returns
/// its new number.
static int arrange_descriptors(const struct cl_spawn_request *request, int report) {
    int wanted[3 + 16 + 1];
    int count = 3 + request->kept_count;
    wanted[0] = request->standard_input;
    wanted[1] = request->standard_output;
    wanted[2] = request->standard_error;
    for (int i = 0; i < request->kept_count; i++) wanted[3 + i] = request->kept[i];
    wanted[count] = report;
    close_others(wanted, count + 1, report);
    int moved = fcntl(report, F_DUPFD_CLOEXEC, count);
    if (moved < 0) fail(report, DESCRIPTORS);
    report = moved;
    for (int i = 0; i < count; i++) {
        int source = wanted[i];
        int opened = -1;
        if (source < 0) {
            source = opened = open("/dev/null", O_RDWR | O_CLOEXEC);
            if (source < 0) fail(report, DESCRIPTORS);
        }
        wanted[i] = fcntl(source, F_DUPFD_CLOEXEC, count);
        if (wanted[i] < 0) fail(report, DESCRIPTORS);
        if (opened >= 0) close(opened);
    }
    for (int i = 0; i < count; i++)
        if (dup2(wanted[i], i) < 0) fail(report, DESCRIPTORS);
    // The copies above, and the report pipe, end with the execution.
    if (syscall(SYS_close_range, count, ~0U, CLOSE_RANGE_CLOEXEC) < 0) fail(report, DESCRIPTORS);
    return report;
}

/// The loopback device of a new network namespace is down (network_namespaces(7)).
static int raise_loopback(void) {
    struct ifreq device = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int result = ioctl(fd, SIOCGIFFLAGS, &device);
    device.ifr_flags |= IFF_UP;
    if (result == 0) result = ioctl(fd, SIOCSIFFLAGS, &device);
    close(fd);
    return result;
}

static void run_child(const struct cl_spawn_request *request, pid_t parent, int report) {
    struct sigaction initial;
    memset(&initial, 0, sizeof initial);
    initial.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &initial, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    report = arrange_descriptors(request, report);
    if (request->new_session && setsid() < 0) fail(report, SETSID);
    if (request->ends_with_parent) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) fail(report, DEATH_SIGNAL);
        // Whoever died before that was asked for sends no signal.
        if (getppid() != parent) _exit(1);
    }
    if (request->new_network && raise_loopback() < 0) fail(report, LOOPBACK);
    if (request->writes_oom_score_adj) {
        char text[16];
        int length = snprintf(text, sizeof text, "%d", request->oom_score_adj);
        int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, text, (size_t)length) != length) fail(report, OOM_SCORE);
        close(fd);
    }
    // Raw calls: glibc's change all threads of a process (nptl(7)) and would wait for some that are only in the parent.
    if (request->group >= 0) {
        if (syscall(SYS_setgroups, (size_t)request->groups_count, request->groups) < 0) fail(report, SETGROUPS);
        if (syscall(SYS_setgid, (gid_t)request->group) < 0) fail(report, SETGID);
    }
    if (request->user >= 0 && syscall(SYS_setuid, (uid_t)request->user) < 0) fail(report, SETUID);
    if (request->directory != NULL && chdir(request->directory) < 0) fail(report, CHDIR);
    execve(request->path, request->arguments, request->environment);
    fail(report, EXECVE);
}

int cl_spawn(const struct cl_spawn_request *request, int *pidfd, const char **failed_step) {
    if (request->kept_count < 0 || request->kept_count > 16) {
        *failed_step = steps[DESCRIPTORS];
        return -EINVAL;
    }
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0) {
        *failed_step = steps[PIPE];
        return -errno;
    }
    // Signals wait while the child still has the parent's handlers.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    struct clone_args arguments;
    memset(&arguments, 0, sizeof arguments);
    arguments.flags = CLONE_PIDFD | (request->cgroup >= 0 ? CLONE_INTO_CGROUP : 0);
    if (request->new_network) arguments.flags |= CLONE_NEWNET;
    arguments.pidfd = (uint64_t)(uintptr_t)pidfd;
    arguments.exit_signal = SIGCHLD;
    arguments.cgroup = request->cgroup >= 0 ? (uint64_t)request->cgroup : 0;
    pid_t parent = getpid();
    long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0) run_child(request, parent, report[1]);
    int clone_error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (pid < 0) {
        close(report[0]);
        *failed_step = steps[CLONE];
        return -clone_error;
    }
    struct failure failure;
    ssize_t count;
    do {
        count = read(report[0], &failure, sizeof failure);
    } while (count < 0 && errno == EINTR);
    close(report[0]);
    if (count == (ssize_t)sizeof failure) {
        int status;
        cl_pidfd_wait(*pidfd, 0, &status);
        close(*pidfd);
        *failed_step = steps[failure.step];
        return -failure.error;
    }
    return (int)pid;
}
