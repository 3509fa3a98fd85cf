#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/dm-ioctl.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

/// A request with room for one target and its parameters, and for what the kernel answers.
struct request {
    struct dm_ioctl header;
    /// Aligned to 8, as dm-ioctl.h asks of a dm_target_spec.
    _Alignas(8) char data[4096];
};

_Static_assert(offsetof(struct request, data) % 8 == 0, "the first dm_target_spec must be aligned");

static int copy(char *to, size_t room, const char *text) {
    size_t length = strlen(text);
    if (length == 0) return -EINVAL;
    if (length >= room) return -ENAMETOOLONG;
    memcpy(to, text, length + 1);
    return 0;
}

/// The device is named by its uuid alone: with a name besides it the kernel refuses.
static int prepare(struct request *request, const char *uuid, uint32_t flags) {
    memset(request, 0, sizeof *request);
    // 4.0.0: a kernel takes every minor version up to its own.
    request->header.version[0] = DM_VERSION_MAJOR;
    request->header.data_size = sizeof *request;
    request->header.data_start = offsetof(struct request, data);
    request->header.flags = flags;
    return copy(request->header.uuid, sizeof request->header.uuid, uuid);
}

static int send(int control, unsigned long command, struct request *request) {
    return ioctl(control, command, request) < 0 ? -errno : 0;
}

static int ask(int control, unsigned long command, const char *uuid, uint32_t flags) {
    struct request request;
    int result = prepare(&request, uuid, flags);
    return result < 0 ? result : send(control, command, &request);
}

int cl_dm_create(int control, const char *name, const char *uuid) {
    struct request request;
    int result = prepare(&request, uuid, 0);
    if (result == 0) result = copy(request.header.name, sizeof request.header.name, name);
    return result < 0 ? result : send(control, DM_DEV_CREATE, &request);
}

int cl_dm_load(int control, const char *uuid, uint64_t sectors, const char *type, const char *parameters) {
    struct request request;
    int result = prepare(&request, uuid, 0);
    if (result < 0) return result;
    struct dm_target_spec *target = (struct dm_target_spec *)request.data;
    size_t room = sizeof request.data - sizeof *target;
    request.header.target_count = 1;
    target->length = sectors;
    target->next = sizeof request.data;
    result = copy(target->target_type, sizeof target->target_type, type);
    if (result == 0) result = copy(request.data + sizeof *target, room, parameters);
    return result < 0 ? result : send(control, DM_TABLE_LOAD, &request);
}

int cl_dm_resume(int control, const char *uuid) {
    return ask(control, DM_DEV_SUSPEND, uuid, DM_NOFLUSH_FLAG | DM_SKIP_LOCKFS_FLAG);
}

int cl_dm_clear(int control, const char *uuid) { return ask(control, DM_TABLE_CLEAR, uuid, 0); }

int cl_dm_remove(int control, const char *uuid) { return ask(control, DM_DEV_REMOVE, uuid, 0); }

int cl_dm_look(int control, const char *uuid, struct cl_dm_device *device) {
    struct request request;
    memset(device, 0, sizeof *device);
    int result = prepare(&request, uuid, DM_STATUS_TABLE_FLAG | DM_NOFLUSH_FLAG);
    if (result == 0) result = send(control, DM_TABLE_STATUS, &request);
    if (result < 0) return result;
    if (request.header.flags & DM_BUFFER_FULL_FLAG) return -EMSGSIZE;
    device->number = request.header.dev;
    device->open_count = request.header.open_count;
    device->is_suspended = (request.header.flags & DM_SUSPEND_FLAG) != 0;
    device->has_inactive = (request.header.flags & DM_INACTIVE_PRESENT_FLAG) != 0;
    // Without an active table the kernel tells of the inactive one.
    if (!(request.header.flags & DM_ACTIVE_PRESENT_FLAG)) return 0;
    device->targets = request.header.target_count;
    if (device->targets != 1) return 0;
    size_t start = request.header.data_start;
    if (start + sizeof(struct dm_target_spec) >= sizeof request) return -EMSGSIZE;
    const char *answer = (const char *)&request + start;
    struct dm_target_spec target;
    memcpy(&target, answer, sizeof target);
    device->start = target.sector_start;
    device->sectors = target.length;
    memcpy(device->type, target.target_type, sizeof target.target_type);
    device->type[sizeof device->type - 1] = 0;
    const char *text = answer + sizeof target;
    size_t room = sizeof request - start - sizeof target;
    size_t length = strnlen(text, room);
    if (length >= sizeof device->parameters) return -EMSGSIZE;
    memcpy(device->parameters, text, length);
    return 0;
}
