#include "run/heartbeat.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/file.h"
#include "run/messages.h"

/* The descriptor stays readable: every wait from then on is to end. */
static bool stopped(void *context)
{
    struct heartbeat *heartbeat = context;
    return atomic_load(&heartbeat->stopping);
}

static void ring(int fd)
{
    uint64_t one = 1;
    (void)!write(fd, &one, sizeof(one)); /* cannot fail: nobody counts to 2^64 */
}

static void tell_lost(struct heartbeat *heartbeat)
{
    (void)pthread_mutex_lock(&heartbeat->mutex);
    heartbeat->lost = true;
    messages_why_lost(heartbeat->session, lock_reason(&heartbeat->session->lock), &heartbeat->why);
    (void)pthread_mutex_unlock(&heartbeat->mutex);
    ring(heartbeat->news_fd);
}

static bool same(struct lock_lease a, struct lock_lease b)
{
    return a.term_at.ms == b.term_at.ms && a.kill_at.ms == b.kill_at.ms;
}

/*
 * Never beyond the old lease: when the lock is lost, TERM is due at once. False if the kernel
 * refused.
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
    struct wakeup_source wakeup = {
        .fd = heartbeat->stop_fd, .on_wakeup = stopped, .context = heartbeat};
    struct lock_lease known = {.ends_at = lock_lease(&session->lock).ends_at};
    while (!atomic_load(&heartbeat->stopping)) {
        session_step(session, &wakeup);
        messages_notices(session);
        struct lock_lease lease = lock_lease(&session->lock);
        bool lost = lock_phase(&session->lock) == LOCK_LOST;
        bool set = (!lost && same(lease, known)) || set_deadlines(heartbeat, &lease, lost);
        if (!lost && lease.ends_at.ms > known.ends_at.ms)
            messages_renewed(session, ++heartbeat->renewals);
        known.ends_at = lease.ends_at;
        if (set) /* else it is tried again; until then the command has less time */
            known = lease;
        if (lost) {
            tell_lost(heartbeat);
            break; /* nothing on the wire helps now; the attempts stay until they are released */
        }
    }
    return NULL;
}

static void close_all(struct heartbeat *heartbeat)
{
    file_close(&heartbeat->stop_fd);
    file_close(&heartbeat->news_fd);
    (void)pthread_mutex_destroy(&heartbeat->mutex);
}

int heartbeat_start(struct heartbeat *heartbeat, struct session *session, struct guardian *guardian,
                    bool kill, struct error *err)
{
    *heartbeat = (struct heartbeat){.session = session, .guardian = guardian, .kill = kill};
    heartbeat->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    heartbeat->news_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    (void)pthread_mutex_init(&heartbeat->mutex, NULL); /* cannot fail with default attributes */
    if (heartbeat->stop_fd < 0 || heartbeat->news_fd < 0) {
        (void)error_system(err, errno, "making an event descriptor");
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
    return heartbeat->news_fd;
}

bool heartbeat_lost(struct heartbeat *heartbeat, struct error *ret_why)
{
    (void)pthread_mutex_lock(&heartbeat->mutex);
    bool lost = heartbeat->lost;
    if (lost)
        *ret_why = heartbeat->why;
    (void)pthread_mutex_unlock(&heartbeat->mutex);
    return lost;
}

void heartbeat_stop(struct heartbeat *heartbeat)
{
    if (!heartbeat->running)
        return;
    atomic_store(&heartbeat->stopping, true);
    ring(heartbeat->stop_fd);
    (void)pthread_join(heartbeat->thread, NULL);
    heartbeat->running = false;
    close_all(heartbeat);
}
