#include "process/timer.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>

#include "base/file.h"

int timer_open(struct timer *timer, _Atomic int64_t *at_ms, struct error *err)
{
    int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (fd < 0)
        return error_system(err, errno, "creating a timer");
    atomic_store(at_ms, MONO_NEVER.ms);
    *timer = (struct timer){fd, at_ms};
    return 0;
}

int timer_set(struct timer *timer, struct mono moment)
{
    struct itimerspec spec = {0};
    if (moment.ms != MONO_NEVER.ms) {
        int64_t ms = moment.ms > 1 ? moment.ms : 1; /* zero would switch it off */
        spec.it_value.tv_sec = (time_t)(ms / 1000);
        spec.it_value.tv_nsec = (long)(ms % 1000) * 1000000;
    }
    /* the moment before the timer: whoever the timer wakes at once must find that it has come */
    int64_t before_ms = atomic_exchange(timer->at_ms, moment.ms);
    int result = timerfd_settime(timer->fd, TFD_TIMER_ABSTIME, &spec, NULL);
    if (result != 0)
        atomic_store(timer->at_ms, before_ms);
    return result;
}

struct mono timer_moment(const struct timer *timer)
{
    return (struct mono){atomic_load(timer->at_ms)};
}

bool timer_passed(const struct timer *timer)
{
    struct mono moment = timer_moment(timer);
    return moment.ms != MONO_NEVER.ms && mono_reached(mono_now(), moment);
}

void timer_close(struct timer *timer)
{
    file_close(&timer->fd);
}
