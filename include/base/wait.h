/*
 * wait - the one place that makes a time-out out of a moment, and waits.
 *
 * A wait may end early (a signal handler, an impatient kernel) and late (a preempted process): who
 * waits looks at its clock and its descriptors again, and waits once more if nothing has happened.
 */
#ifndef BASE_WAIT_H
#define BASE_WAIT_H

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"

/*
 * The longest wait in one piece, in ms: the kernel's time-outs do not count the time that the
 * machine is suspended, moments do.
 */
#define WAIT_MAX_MS 60000

#define WAIT_NAP_MS 10 /* instead of a wait that the kernel cannot grant */

/*
 * Milliseconds until then, as poll(2), epoll_wait(2) and curl_multi_poll() take them: -1 (without
 * end) for MONO_NEVER and for nothing else, 0 once the moment is reached, never more than
 * WAIT_MAX_MS. At least 1 before the moment, so that nobody who waits runs in circles.
 */
int wait_timeout_ms(struct mono now, struct mono until);

/*
 * poll(2) until a descriptor is ready, or until then, or for WAIT_MAX_MS. Returns how many are
 * ready, by their revents; 0 is no promise that the moment is reached. Where the kernel cannot wait
 * (out of memory), it naps, and every descriptor counts as one that may be ready: read them without
 * blocking.
 */
int wait_ready(struct pollfd *fds, nfds_t count, struct mono until);

/*
 * What may end a wait for the network, a helper or the user before its time: a signal, a stop.
 * on_wakeup() is called when fd may be readable, and at any other time; it reads what is there
 * without blocking, and returns true if whoever waits is to end soon, false to go on. What it has
 * once read makes nothing readable any more, so it must say the same at each call from then on.
 */
struct wakeup_source {
    int fd;                           /* -1: nothing */
    bool (*on_wakeup)(void *context); /* NULL: nothing */
    void *context;
};

/*
 * Is the wait to end? To be asked before it as well: a request that was answered in spite of a
 * signal, for one, has read that signal. And before what was waited for is believed: a program that
 * the user ended together with us has not failed.
 */
static inline bool wakeup_asked(const struct wakeup_source *source)
{
    return source->on_wakeup && source->on_wakeup(source->context);
}

/* Waits once, perhaps shorter than until then; true if the source asks for an end. */
bool wait_once(const struct wakeup_source *source, struct mono until);

/* Waits until then; true if the source asked for an end before. */
bool wait_until(const struct wakeup_source *source, struct mono until);

/*
 * Something that happens once, and that other threads are to know of: a flag, which no failing call
 * can hide, and a descriptor that is readable from then on, for those who wait. What was written
 * before latch_set() may be read once latch_is_set().
 */
struct latch {
    int fd; /* close-on-exec; -1: not open */
    atomic_bool set;
};

#define LATCH_CLOSED ((struct latch){.fd = -1})

int latch_open(struct latch *latch, struct error *err) MUST_USE;
void latch_set(struct latch *latch);
bool latch_is_set(const struct latch *latch);

/* Asks for the end once it is set. Borrows the latch. */
struct wakeup_source latch_wakeup(struct latch *latch);

/* What it says stays; may run twice. */
void latch_close(struct latch *latch);

#endif
