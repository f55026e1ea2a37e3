#include "process/descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/* open() takes the lowest descriptor that is free: just the one found closed. */
int descriptors_hold_standard(struct error *err)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int mode = fd == STDOUT_FILENO ? O_RDONLY : O_RDWR;
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", mode | O_CLOEXEC) < 0)
            return error_system(err, errno, "opening /dev/null");
    }
    return 0;
}

int descriptors_check_room(struct error *err)
{
    int opened[DESCRIPTORS_NEEDED], count = 0, failure = 0;
    while (count < DESCRIPTORS_NEEDED && !failure) {
        opened[count] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (opened[count] < 0)
            failure = errno;
        else
            count++;
    }
    for (int i = 0; i < count; i++)
        (void)close(opened[i]); /* nothing was done with it */
    if (!failure)
        return 0;
    return error_system(err, failure, "only %d of the %d file descriptors needed (see ulimit -n)",
                        count, DESCRIPTORS_NEEDED);
}

/* Where close_range(2) is missing (before Linux 5.9) or forbidden. */
static void close_listed(unsigned first, unsigned last)
{
    DIR *directory = opendir("/proc/self/fd");
    struct dirent *entry;
    if (!directory)
        return;
    while ((entry = readdir(directory))) {
        char *end;
        unsigned long number = strtoul(entry->d_name, &end, 10);
        if (end != entry->d_name && *end == '\0' && number >= first && number <= last &&
            number != (unsigned long)dirfd(directory))
            (void)close((int)number); /* not ours to worry about */
    }
    (void)closedir(directory); /* only read */
}

static void close_from_to(unsigned first, unsigned last)
{
    if (first <= last && close_range(first, last, 0) != 0)
        close_listed(first, last);
}

static int compare(const void *a, const void *b)
{
    int left = *(const int *)a, right = *(const int *)b;
    return (left > right) - (left < right);
}

void descriptors_close_but(int *keep, size_t count)
{
    unsigned next = STDERR_FILENO + 1;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (null < 0 || dup2(null, fd) < 0)
            (void)close(fd); /* no /dev/null, then none at all */
    }
    qsort(keep, count, sizeof(keep[0]), compare);
    for (size_t i = 0; i < count; i++) {
        if (keep[i] < (int)next)
            continue;
        if (keep[i] > (int)next)
            close_from_to(next, (unsigned)keep[i] - 1);
        next = (unsigned)keep[i] + 1;
    }
    close_from_to(next, INT_MAX);
}
