/*
 * waiting - what happens beside the lock while it is waited for: signals, and a line for the user.
 *
 * After SUPERVISE_FIRST_WORD_MS one line says who is ahead; it is kept up to date in place on a
 * terminal, and repeated elsewhere, and in the background. A guardian that dies meanwhile ends the
 * wait: nobody would be there to start the command.
 */
#ifndef RUN_WAITING_H
#define RUN_WAITING_H

#include "process/guardian.h"
#include "process/signals.h"
#include "run/session.h"

struct waiting {
    const struct signals *signals;
    struct guardian *guardian;
    const struct session *session; /* NULL until there is one */
    int epoll_fd;                  /* readable when a signal, the guardian or the timer has news */
    int timer_fd;                  /* for the line to the user */
    struct mono since;             /* the wait began */
    struct mono again_at;          /* when a line that stays is due again */
    int signal;                    /* what ended the wait; 0 if nothing did */
    bool guardian_died;
};

/* Opens what the wait needs. The pointers are borrowed until waiting_end(). */
int waiting_begin(struct waiting *waiting, const struct signals *signals, struct guardian *guardian,
                  struct error *err) MUST_USE;

/* From here on the line says how this session stands. */
void waiting_show(struct waiting *waiting, const struct session *session);
bool waiting_is_over(const struct waiting *waiting); /* something has ended the wait */

/* What ends a wait early: a signal that asks for the end, or the death of the guardian. */
struct wakeup_source waiting_wakeup(struct waiting *waiting);
void waiting_end(struct waiting *waiting); /* erases the line; may run twice */

#endif
