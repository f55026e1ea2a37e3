#include "process/descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOKED_AT_ONCE 128  /* descriptors for one poll() */
#define LOOKED_FOR     4096 /* descriptors below this are found without /proc, too */

int descriptors_open_null(int mode)
{
    int fd = open("/dev/null", mode | O_CLOEXEC);
    return fd >= 0 ? fd : open("/", O_PATH | O_CLOEXEC);
}

/* open() takes the lowest free descriptor, which is the one that was just found closed. */
int descriptors_hold_standard(struct error *err)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int mode = fd == STDOUT_FILENO ? O_RDONLY : O_RDWR;
        if (fcntl(fd, F_GETFD) < 0 && descriptors_open_null(mode) < 0)
            return error_system(err, errno, "opening /dev/null");
    }
    return 0;
}

/* How many of the descriptors from first to end - 1 are free: those that poll() calls invalid. */
static unsigned count_free(unsigned first, unsigned end)
{
    struct pollfd fds[LOOKED_AT_ONCE];
    unsigned count = 0;
    for (unsigned i = 0; i < end - first; i++)
        fds[i] = (struct pollfd){.fd = (int)(first + i)};
    if (poll(fds, end - first, 0) < 0)
        return end - first; /* EINTR, ENOMEM: we cannot tell, and take them for free */
    for (unsigned i = 0; i < end - first; i++)
        count += (fds[i].revents & POLLNVAL) != 0;
    return count;
}

int descriptors_check_room(struct error *err)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return error_system(err, errno, "asking how many files may be open");
    unsigned end = limit.rlim_cur < INT_MAX ? (unsigned)limit.rlim_cur : INT_MAX;
    unsigned count = 0;
    for (unsigned first = 0, next; first < end && count < DESCRIPTORS_NEEDED; first = next) {
        next = end - first < LOOKED_AT_ONCE ? end : first + LOOKED_AT_ONCE;
        count += count_free(first, next);
    }
    if (count >= DESCRIPTORS_NEEDED)
        return 0;
    return error_system(err, EMFILE, "only %u of the %d file descriptors needed (see ulimit -n)",
                        count, DESCRIPTORS_NEEDED);
}

/* As descriptors_visit, where there is a /proc. */
static bool visit_listed(int first, descriptors_visit_fn visit, void *context)
{
    DIR *directory = opendir("/proc/self/fd");
    struct dirent *entry;
    if (!directory)
        return false;
    while ((entry = readdir(directory))) {
        char *end;
        long number = strtol(entry->d_name, &end, 10);
        if (end != entry->d_name && *end == '\0' && number >= first &&
            number != (long)dirfd(directory))
            visit((int)number, context);
    }
    (void)closedir(directory); /* only read */
    return true;
}

void descriptors_visit(int first, descriptors_visit_fn visit, void *context)
{
    if (visit_listed(first, visit, context))
        return;
    for (int fd = first; fd < LOOKED_FOR; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            visit(fd, context);
    }
}

struct range {
    int first, last;
};

static void close_within(int fd, void *context)
{
    const struct range *range = context;
    if (fd <= range->last)
        (void)close(fd); /* not ours to worry about */
}

/* close_range(2) is missing before Linux 5.9 and forbidden in some sandboxes; musl has no name
 * for it. */
static void close_from_to(int first, int last)
{
    struct range range = {first, last};
    if (first <= last && syscall(SYS_close_range, first, last, 0) != 0)
        descriptors_visit(first, close_within, &range);
}

static int compare(const void *a, const void *b)
{
    int left = *(const int *)a, right = *(const int *)b;
    return (left > right) - (left < right);
}

static bool is_among(int fd, const int *keep, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (keep[i] == fd)
            return true;
    return false;
}

void descriptors_close_but(int *keep, size_t count)
{
    int next = STDERR_FILENO + 1;
    int null = descriptors_open_null(O_RDWR);

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (!is_among(fd, keep, count) && (null < 0 || dup2(null, fd) < 0))
            (void)close(fd); /* no /dev/null to put there: better closed than the caller's */
    }
    qsort(keep, count, sizeof(keep[0]), compare);
    for (size_t i = 0; i < count; i++) {
        if (keep[i] < next)
            continue;
        close_from_to(next, keep[i] - 1);
        next = keep[i] + 1;
    }
    close_from_to(next, INT_MAX);
}
