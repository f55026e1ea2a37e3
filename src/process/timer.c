#include "process/timer.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sys/timerfd.h>
#include <time.h>

int timer_open(int *ret_fd, struct error *err)
{
    int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (fd < 0)
        return error_system(err, errno, "creating a timer");
    *ret_fd = fd;
    return 0;
}

void timer_set(int fd, struct mono moment)
{
    struct itimerspec spec = {0};
    if (moment.ms != MONO_NEVER.ms) {
        int64_t ms = moment.ms > 1 ? moment.ms : 1; /* zero would switch it off */
        spec.it_value.tv_sec = (time_t)(ms / 1000);
        spec.it_value.tv_nsec = (long)(ms % 1000) * 1000000;
    }
    int failed = timerfd_settime(fd, TFD_TIMER_ABSTIME, &spec, NULL);
    assert(!failed); /* a timer of ours and a valid time */
}

bool timer_passed(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLIN);
}

struct mono timer_moment(int fd, struct mono now)
{
    struct itimerspec left;
    if (timer_passed(fd))
        return now;
    int failed = timerfd_gettime(fd, &left);
    assert(!failed); /* a timer of ours */
    if (left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0)
        return timer_passed(fd) ? now : MONO_NEVER;
    return mono_add(now, (int64_t)left.it_value.tv_sec * 1000 + left.it_value.tv_nsec / 1000000);
}
