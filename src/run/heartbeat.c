#include "run/heartbeat.h"

#include "run/messages.h"

static bool same(struct lock_lease a, struct lock_lease b)
{
    return a.term_at.ms == b.term_at.ms && a.kill_at.ms == b.kill_at.ms;
}

/*
 * Moves the guardian's deadlines to those of the lease. If the lock is lost TERM is due at once,
 * and KILL not later than the lease had it. False if the kernel refused.
 */
static bool set_deadlines(struct heartbeat *heartbeat, const struct lock_lease *lease, bool lost)
{
    int64_t kill_after_ms = heartbeat->session->config.lock->kill_after_ms;
    struct mono now = mono_now();
    if (!heartbeat->kill)
        return true;
    struct mono term_at = lost ? now : lease->term_at;
    struct mono kill_at =
        lost ? mono_min(lease->kill_at, mono_add(now, kill_after_ms)) : lease->kill_at;
    return guardian_set_deadlines(heartbeat->guardian, term_at, kill_at) == 0;
}

static void *beat(void *context)
{
    struct heartbeat *heartbeat = context;
    struct session *session = heartbeat->session;
    struct wakeup_source wakeup = latch_wakeup(&heartbeat->stop);
    struct lock_lease known = {.ends_at = lock_lease(&session->lock).ends_at};
    while (!latch_is_set(&heartbeat->stop)) {
        session_step(session, &wakeup);
        messages_notices(session);
        struct lock_lease lease = lock_lease(&session->lock);
        bool lost = lock_phase(&session->lock) == LOCK_LOST;
        bool set = (!lost && same(lease, known)) || set_deadlines(heartbeat, &lease, lost);
        if (!lost && lease.ends_at.ms > known.ends_at.ms)
            messages_renewed(session, ++heartbeat->renewals);
        known.ends_at = lease.ends_at;
        if (set) /* else it is tried again after the next step; the old deadlines stay till then */
            known = lease;
        if (lost) {
            messages_why_lost(session, lock_reason(&session->lock), &heartbeat->why);
            latch_set(&heartbeat->lost);
            break; /* no request helps now; the attempts are deleted when the command is dead */
        }
    }
    return NULL;
}

static void close_all(struct heartbeat *heartbeat)
{
    latch_close(&heartbeat->stop);
    latch_close(&heartbeat->lost);
}

int heartbeat_start(struct heartbeat *heartbeat, struct session *session, struct guardian *guardian,
                    bool kill, struct error *err)
{
    *heartbeat = (struct heartbeat){.session = session,
                                    .guardian = guardian,
                                    .kill = kill,
                                    .stop = LATCH_CLOSED,
                                    .lost = LATCH_CLOSED};
    if (latch_open(&heartbeat->stop, err) != 0 || latch_open(&heartbeat->lost, err) != 0) {
        close_all(heartbeat);
        return -1;
    }
    int failed = pthread_create(&heartbeat->thread, NULL, beat, heartbeat);
    if (failed) {
        close_all(heartbeat);
        return error_system(err, failed, "starting the heartbeat thread");
    }
    heartbeat->running = true;
    return 0;
}

int heartbeat_fd(const struct heartbeat *heartbeat)
{
    return heartbeat->lost.fd;
}

bool heartbeat_lost(const struct heartbeat *heartbeat, struct error *ret_why)
{
    bool lost = latch_is_set(&heartbeat->lost);
    if (lost)
        *ret_why = heartbeat->why;
    return lost;
}

void heartbeat_stop(struct heartbeat *heartbeat)
{
    if (!heartbeat->running)
        return;
    latch_set(&heartbeat->stop);
    (void)pthread_join(heartbeat->thread, NULL);
    heartbeat->running = false;
    close_all(heartbeat);
}
