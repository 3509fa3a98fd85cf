#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

/// One ioctl on a device file that is opened for it. Returns what the ioctl does.
static int control(const char *path, unsigned long command, unsigned long argument) {
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return -errno;
    int result = ioctl(fd, command, argument);
    if (result < 0) result = -errno;
    close(fd);
    return result;
}

int cl_loop_free(void) { return control("/dev/loop-control", LOOP_CTL_GET_FREE, 0); }

int cl_loop_attach(const char *device, int file) {
    struct loop_config configuration;
    memset(&configuration, 0, sizeof configuration);
    configuration.fd = (uint32_t)file;
    return control(device, LOOP_CONFIGURE, (unsigned long)&configuration);
}

int cl_loop_detach(const char *device) { return control(device, LOOP_CLR_FD, 0); }

int cl_mount(const char *source, const char *folder, const char *type) {
    return mount(source, folder, type, MS_NOSUID | MS_NODEV, NULL) < 0 ? -errno : 0;
}

int cl_shut_down_file_system(const char *folder) {
    // Headers have had a name for it only since Linux 6.10; 2 is "without flushing the log".
    const unsigned long shut_down = _IOR('X', 125, uint32_t);
    uint32_t flags = 2;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return -errno;
    int result = ioctl(fd, shut_down, &flags) < 0 ? -errno : 0;
    close(fd);
    return result;
}

int cl_inode_flags(int file, uint32_t *flags) {
    // Declared with a long, and an int is what is moved (ioctl_iflags(2), "Bugs").
    int value = 0;
    if (ioctl(file, FS_IOC_GETFLAGS, &value) < 0) return -errno;
    *flags = (uint32_t)value;
    return 0;
}

int cl_set_inode_flags(int file, uint32_t flags) {
    int value = (int)flags;
    return ioctl(file, FS_IOC_SETFLAGS, &value) < 0 ? -errno : 0;
}

int cl_unmount(const char *folder, int lazily) {
    return umount2(folder, UMOUNT_NOFOLLOW | (lazily ? MNT_DETACH : 0)) < 0 ? -errno : 0;
}

/// O_DIRECT asks for memory, offset and length that fit the device's blocks; a page does for all.
static int transfer(const char *device, uint64_t offset, void *into, const void *from, size_t count) {
    void *page = NULL;
    int error = posix_memalign(&page, 4096, count);
    if (error != 0) return -error;
    int fd = open(device, (from ? O_WRONLY : O_RDONLY) | O_DIRECT | O_CLOEXEC);
    if (fd < 0) {
        error = errno;
        free(page);
        return -error;
    }
    if (from) memcpy(page, from, count);
    ssize_t moved;
    do {
        moved = from ? pwrite(fd, page, count, (off_t)offset) : pread(fd, page, count, (off_t)offset);
    } while (moved < 0 && errno == EINTR);
    int result = moved < 0 ? -errno : ((size_t)moved == count ? 0 : -ENXIO);
    close(fd);
    if (result == 0 && into) memcpy(into, page, count);
    free(page);
    return result;
}

int cl_direct_read(const char *device, uint64_t offset, void *bytes, size_t count) {
    return transfer(device, offset, bytes, NULL, count);
}

int cl_direct_write(const char *device, uint64_t offset, const void *bytes, size_t count) {
    return transfer(device, offset, NULL, bytes, count);
}
