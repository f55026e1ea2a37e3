/*
 * jitter - a machine that preempts at the wrong moment, for tests: preloaded into withlock.
 *
 * Each wait (poll, epoll_wait) ends by up to TEST_WAIT_EARLY_US before its time, and by up to
 * TEST_WAIT_LATE_US after it; whoever reads CLOCK_BOOTTIME, which is the clock of all decisions,
 * does so by up to TEST_CLOCK_LATE_US after it wanted to. All are 0 unless set.
 */
#include <dlfcn.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

typedef int clock_fn(clockid_t id, struct timespec *now);
typedef int poll_fn(struct pollfd *fds, nfds_t count, int timeout_ms);
typedef int epoll_fn(int fd, struct epoll_event *events, int count, int timeout_ms);

/* The libc's names, which the programs call instead of libc's. */
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms, size_t room);

/* ret_function: a pointer to a function, which is no void pointer in C. */
static void find_next(const char *name, void *ret_function)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (!found)
        abort();
    memcpy(ret_function, &found, sizeof(found));
}

/* From 0 to the limit that a variable has. */
static int64_t up_to_us(const char *variable)
{
    static _Thread_local uint64_t state;
    const char *limit = getenv(variable);
    int64_t limit_us = limit ? strtoll(limit, NULL, 10) : 0;
    if (limit_us <= 0)
        return 0;
    if (state == 0)
        state = ((uint64_t)gettid() << 32) ^ (uint64_t)(uintptr_t)&state ^ 88172645463325252ULL;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (int64_t)(state % (uint64_t)(limit_us + 1));
}

static void lose(int64_t us)
{
    struct timespec nap = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    if (us > 0)
        (void)nanosleep(&nap, NULL);
}

static int shortened(int timeout_ms)
{
    int early_ms = (int)((up_to_us("TEST_WAIT_EARLY_US") + 500) / 1000);
    return timeout_ms <= 0 ? timeout_ms : timeout_ms > early_ms ? timeout_ms - early_ms : 0;
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    static clock_fn *real;
    if (!real)
        find_next("clock_gettime", &real);
    if (id == CLOCK_BOOTTIME)
        lose(up_to_us("TEST_CLOCK_LATE_US"));
    return real(id, now);
}

int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    static poll_fn *real;
    if (!real)
        find_next("poll", &real);
    int result = real(fds, count, shortened(timeout_ms));
    if (timeout_ms != 0)
        lose(up_to_us("TEST_WAIT_LATE_US"));
    return result;
}

int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms, size_t room)
{
    (void)room;
    return poll(fds, count, timeout_ms);
}

int epoll_wait(int fd, struct epoll_event *events, int count, int timeout_ms)
{
    static epoll_fn *real;
    if (!real)
        find_next("epoll_wait", &real);
    int result = real(fd, events, count, shortened(timeout_ms));
    if (timeout_ms != 0)
        lose(up_to_us("TEST_WAIT_LATE_US"));
    return result;
}
