#include "base/clock.h"

#include <assert.h>
#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec now;
    int failed = clock_gettime(id, &now);
    assert(!failed); /* all of them exist since Linux 2.6.39 */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct mono mono_now(void)
{
    return (struct mono){read_ms(CLOCK_BOOTTIME)};
}

struct wall wall_now(void)
{
    return (struct wall){read_ms(CLOCK_REALTIME)};
}

int64_t clock_slept_ms(void)
{
    return read_ms(CLOCK_BOOTTIME) - read_ms(CLOCK_MONOTONIC);
}
