#include "client/credentials_refresh.h"

static void *run(void *context)
{
    struct credentials_refresh *refresh = context;
    refresh->result = credentials_fetch(&refresh->fetch, refresh->lookup, &refresh->why);
    latch_set(&refresh->done);
    return NULL;
}

static void close_all(struct credentials_refresh *refresh)
{
    latch_close(&refresh->done);
    latch_close(&refresh->stop);
    transport_free(&refresh->transport);
}

static int prepare(struct credentials_refresh *refresh, const struct transport *like,
                   struct error *err)
{
    if (latch_open(&refresh->done, err) != 0 || latch_open(&refresh->stop, err) != 0 ||
        transport_init(&refresh->transport, like->settings, err) != 0)
        return -1;
    refresh->on_stop = latch_wakeup(&refresh->stop);
    refresh->transport.clock_offset_ms = like->clock_offset_ms;
    return 0;
}

int credentials_refresh_start(struct credentials_refresh *refresh, const struct transport *like,
                              struct credentials_lookup *lookup, struct mono deadline,
                              struct error *err)
{
    *refresh =
        (struct credentials_refresh){.lookup = lookup, .done = LATCH_CLOSED, .stop = LATCH_CLOSED};
    refresh->fetch = (struct credentials_fetch){.transport = &refresh->transport,
                                                .unattended = true,
                                                .deadline = deadline,
                                                .wakeup = &refresh->on_stop};
    int result = prepare(refresh, like, err);
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
    return refresh->running && latch_is_set(&refresh->done);
}

bool credentials_refresh_finish(struct credentials_refresh *refresh)
{
    struct mono limit = mono_add(mono_now(), CREDENTIALS_REFRESH_END_MS);
    struct pollfd done = {.fd = refresh->done.fd, .events = POLLIN};
    if (!refresh->running)
        return true;
    latch_set(&refresh->stop);
    while (!latch_is_set(&refresh->done) && !mono_reached(mono_now(), limit))
        (void)wait_ready(&done, 1, limit); /* whatever it returns, the loop looks at the latch */
    if (!latch_is_set(&refresh->done))
        return false;
    (void)pthread_join(refresh->thread, NULL); /* cannot fail: it is joined here only, and once */
    refresh->running = false;
    close_all(refresh);
    return true;
}
