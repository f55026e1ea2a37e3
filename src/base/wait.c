#include "base/wait.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <time.h>

#include "base/file.h"

int wait_timeout_ms(struct mono now, struct mono until)
{
    if (until.ms == MONO_NEVER.ms)
        return -1;
    if (mono_reached(now, until))
        return 0;
    struct mono longest = mono_add(now, WAIT_MAX_MS);
    return (int)mono_diff(mono_min(until, longest), now);
}

static int assume_all_ready(struct pollfd *fds, nfds_t count)
{
    int ready = 0;
    for (nfds_t i = 0; i < count; i++) {
        fds[i].revents = fds[i].fd < 0 ? 0 : fds[i].events;
        ready += fds[i].fd >= 0;
    }
    return ready;
}

int wait_ready(struct pollfd *fds, nfds_t count, struct mono until)
{
    static const struct timespec nap = {.tv_nsec = WAIT_NAP_MS * 1000000L};
    for (nfds_t i = 0; i < count; i++)
        fds[i].revents = 0;
    int ready = poll(fds, count, wait_timeout_ms(mono_now(), until));
    if (ready >= 0)
        return ready;
    if (errno == EINTR)
        return 0;
    (void)nanosleep(&nap, NULL); /* if a signal makes it shorter, that does no harm */
    return assume_all_ready(fds, count);
}

bool wait_once(const struct wakeup_source *source, struct mono until)
{
    struct pollfd fd = {.fd = source->fd, .events = POLLIN};
    if (wakeup_asked(source))
        return true;
    return wait_ready(&fd, 1, until) > 0 && wakeup_asked(source);
}

bool wait_until(const struct wakeup_source *source, struct mono until)
{
    while (!mono_reached(mono_now(), until))
        if (wait_once(source, until))
            return true;
    return false;
}

int latch_open(struct latch *latch, struct error *err)
{
    *latch = (struct latch){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    return latch->fd >= 0 ? 0 : error_system(err, errno, "making an event descriptor");
}

void latch_set(struct latch *latch)
{
    atomic_store(&latch->set, true);
    (void)eventfd_write(latch->fd, 1); /* cannot fail: nobody counts to 2^64 */
}

bool latch_is_set(const struct latch *latch)
{
    return atomic_load(&latch->set);
}

static bool on_latch(void *context)
{
    return latch_is_set(context);
}

struct wakeup_source latch_wakeup(struct latch *latch)
{
    return (struct wakeup_source){.fd = latch->fd, .on_wakeup = on_latch, .context = latch};
}

void latch_close(struct latch *latch)
{
    file_close(&latch->fd);
}
