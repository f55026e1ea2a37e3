/*
 * wait - the one place that turns a moment into a time-out, and waits.
 *
 * A wait may end too early (by a signal handler) or too late (when the process gets no CPU). So the
 * caller looks at the clock and its descriptors again, and waits once more if nothing has happened.
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
 * The time-out for a wait until then, in milliseconds, as poll(2), epoll_wait(2) and
 * curl_multi_poll() take it: -1 (without end) for MONO_NEVER and for nothing else, 0 once the
 * moment is reached, never more than WAIT_MAX_MS. It is at least 1 before the moment, so that no
 * loop that waits becomes a busy one.
 */
int wait_timeout_ms(struct mono now, struct mono until);

/*
 * Waits by poll(2) until a descriptor is ready, or until then, but no longer than WAIT_MAX_MS.
 * Returns how many are ready, as their revents tell; 0 does not mean that the moment is reached. If
 * the kernel cannot wait, for want of memory, it sleeps for WAIT_NAP_MS and reports every
 * descriptor as ready: so they must be read without blocking.
 */
int wait_ready(struct pollfd *fds, nfds_t count, struct mono until);

/*
 * What may end a wait for the network, a helper or the user before its time: a signal, a stop.
 * on_wakeup() is called when fd may be readable, and perhaps at other times. It reads what is there
 * without blocking, and returns true if the wait is to end soon, false if it may go on. After it
 * has read something fd is no longer readable; so once it has returned true it must always do so.
 */
struct wakeup_source {
    int fd;                           /* -1: none */
    bool (*on_wakeup)(void *context); /* NULL: nothing ever asks for an end */
    void *context;
};

/*
 * Is the wait to end? Ask this before each wait, too: an earlier wait, such as for a request that
 * was answered all the same, may have read the signal already. And ask it before the result of a
 * wait is believed: a program that the user has ended together with us has not failed.
 */
static inline bool wakeup_asked(const struct wakeup_source *source)
{
    return source->on_wakeup && source->on_wakeup(source->context);
}

/* Waits once, and perhaps not as long as until then; true if the source asks for an end. */
bool wait_once(const struct wakeup_source *source, struct mono until);

/* Waits until then; true if the source asked for an end before. */
bool wait_until(const struct wakeup_source *source, struct mono until);

/*
 * Tells other threads of something that happens once. It is a flag, which works even if every call
 * to the system fails, and a descriptor for those who wait, which is readable from then on. What
 * one thread wrote before latch_set() another may read once latch_is_set().
 */
struct latch {
    int fd; /* close-on-exec; -1: not open */
    atomic_bool set;
};

#define LATCH_CLOSED ((struct latch){.fd = -1})

/* Fails with ERROR_SYSTEM if there is no descriptor to be had; then latch_close() does nothing. */
int latch_open(struct latch *latch, struct error *err) MUST_USE;
void latch_set(struct latch *latch);
bool latch_is_set(const struct latch *latch);

/* A wakeup source that asks for an end once the latch is set. It borrows the latch. */
struct wakeup_source latch_wakeup(struct latch *latch);

/* Closes the descriptor; whether it is set stays. May be called again. */
void latch_close(struct latch *latch);

#endif
