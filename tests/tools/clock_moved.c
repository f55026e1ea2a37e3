/*
 * clock_moved - a suspended machine, for tests: CLOCK_BOOTTIME jumps when the test says so.
 *
 * Linked into withlock with ld's --wrap: its clock_gettime, timerfd_create and timerfd_settime are
 * these. A timer of another clock does not see the jump, as it would not see a suspend. The file
 * that TEST_CLOCK_FILE names holds the milliseconds to add, as a 64-bit integer in memory order;
 * all processes map it. A timer that was set before a jump fires as late as it would have: the
 * kernel's own would fire at once, so what the test shows is the harder case.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define FDS_MAX 1024

int __real_clock_gettime(clockid_t id, struct timespec *now);
int __wrap_clock_gettime(clockid_t id, struct timespec *now);
int __real_timerfd_settime(int fd, int flags, const struct itimerspec *set, struct itimerspec *old);
int __real_timerfd_create(clockid_t id, int flags);
int __wrap_timerfd_create(clockid_t id, int flags);
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *set, struct itimerspec *old);

static int64_t offset_ms(void)
{
    static const _Atomic int64_t *offset;
    const char *path = getenv("TEST_CLOCK_FILE");
    if (!offset && path) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        void *memory =
            fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(*offset), PROT_READ, MAP_SHARED, fd, 0);
        if (memory == MAP_FAILED)
            abort();
        (void)close(fd); /* the mapping stays */
        offset = memory;
    }
    return offset ? atomic_load(offset) : 0;
}

static void add_ms(struct timespec *moment, int64_t ms)
{
    moment->tv_sec += ms / 1000;
    moment->tv_nsec += (ms % 1000) * 1000000;
    if (moment->tv_nsec < 0) {
        moment->tv_sec--;
        moment->tv_nsec += 1000000000;
    } else if (moment->tv_nsec >= 1000000000) {
        moment->tv_sec++;
        moment->tv_nsec -= 1000000000;
    }
}

int __wrap_clock_gettime(clockid_t id, struct timespec *now)
{
    int result = __real_clock_gettime(id, now);
    if (result == 0 && id == CLOCK_BOOTTIME)
        add_ms(now, offset_ms());
    return result;
}

static bool counts_suspend[FDS_MAX]; /* timers of CLOCK_BOOTTIME, by descriptor */

int __wrap_timerfd_create(clockid_t id, int flags)
{
    int fd = __real_timerfd_create(id, flags);
    if (fd >= FDS_MAX)
        abort();
    if (fd >= 0)
        counts_suspend[fd] = id == CLOCK_BOOTTIME;
    return fd;
}

int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *set, struct itimerspec *old)
{
    struct itimerspec moved = *set;
    if (counts_suspend[fd] && (flags & TFD_TIMER_ABSTIME) &&
        (set->it_value.tv_sec || set->it_value.tv_nsec))
        add_ms(&moved.it_value, -offset_ms());
    return __real_timerfd_settime(fd, flags, &moved, old);
}
