/*
 * wakeup - what may wake whoever waits for the network, a helper or the user.
 */
#ifndef BASE_WAKEUP_H
#define BASE_WAKEUP_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What may wake a step up. When fd is readable woken() is called; it must make it unreadable,
 * and returns true if the step is to end soon (a signal, a stop), false to go on.
 */
struct session_waker {
    int fd; /* -1: nothing */
    bool (*woken)(void *context);
    void *context;
};

/* For a fd that was found readable: is the wait to end? */
static inline bool session_waker_ends(const struct session_waker *waker)
{
    return !waker->woken || waker->woken(waker->context);
}

#endif
