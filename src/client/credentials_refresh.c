#include "client/credentials_refresh.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/file.h"

static void ring(int fd)
{
    uint64_t one = 1;
    (void)!write(fd, &one, sizeof(one)); /* cannot fail: nobody counts to 2^64 */
}

/* The descriptor stays readable: every wait from then on is to end. */
static bool on_stop(void *context)
{
    const struct credentials_refresh *refresh = context;
    return atomic_load(&refresh->stopping);
}

static void *run(void *context)
{
    struct credentials_refresh *refresh = context;
    refresh->result = credentials_fetch(&refresh->fetch, refresh->lookup, &refresh->why);
    atomic_store(&refresh->done, true);
    ring(refresh->done_fd);
    return NULL;
}

static void close_all(struct credentials_refresh *refresh)
{
    file_close(&refresh->done_fd);
    file_close(&refresh->stop_fd);
    transport_free(&refresh->transport);
}

static int prepare(struct credentials_refresh *refresh, const struct transport *like,
                   struct error *err)
{
    refresh->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    refresh->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (refresh->done_fd < 0 || refresh->stop_fd < 0)
        return error_system(err, errno, "making an event descriptor");
    if (transport_init(&refresh->transport, like->settings, err) != 0)
        return -1;
    refresh->transport.clock_offset_ms = like->clock_offset_ms;
    return 0;
}

int credentials_refresh_start(struct credentials_refresh *refresh, const struct transport *like,
                              struct credentials_lookup *lookup, struct mono deadline,
                              struct error *err)
{
    *refresh = (struct credentials_refresh){.lookup = lookup};
    refresh->fetch = (struct credentials_fetch){.transport = &refresh->transport,
                                                .unattended = true,
                                                .deadline = deadline,
                                                .wakeup = &refresh->stop};
    int result = prepare(refresh, like, err);
    refresh->stop =
        (struct wakeup_source){.fd = refresh->stop_fd, .on_wakeup = on_stop, .context = refresh};
    int failure = result == 0 ? pthread_create(&refresh->thread, NULL, run, refresh) : 0;
    if (failure)
        result = error_system(err, failure, "starting a thread");
    if (result != 0)
        close_all(refresh);
    refresh->running = result == 0;
    return result;
}

bool credentials_refresh_is_done(const struct credentials_refresh *refresh)
{
    return refresh->running && atomic_load(&refresh->done);
}

bool credentials_refresh_finish(struct credentials_refresh *refresh)
{
    struct mono limit = mono_add(mono_now(), CREDENTIALS_REFRESH_END_MS);
    struct pollfd done = {.fd = refresh->done_fd, .events = POLLIN};
    if (!refresh->running)
        return true;
    atomic_store(&refresh->stopping, true);
    ring(refresh->stop_fd);
    while (!atomic_load(&refresh->done) && !mono_reached(mono_now(), limit))
        (void)wait_ready(&done, 1, limit); /* looked at anyway */
    if (!atomic_load(&refresh->done))
        return false;
    (void)pthread_join(refresh->thread, NULL); /* it is ours, joined once, and about to end */
    refresh->running = false;
    close_all(refresh);
    return true;
}
