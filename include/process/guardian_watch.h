/*
 * guardian_watch - withlock's watch over its guardian: does it answer, and what if it does not.
 *
 * A guardian that was stopped is continued as soon as the kernel tells of it. One that leaves a
 * request unanswered is continued, too, and then killed: after GUARDIAN_ANSWER_MS if there is no
 * command yet, and sooner if it should have ended the command by now. While the command is well
 * and the lease is renewed there is time to wait for it. What a dead guardian would have done is
 * done here.
 */
#ifndef PROCESS_GUARDIAN_WATCH_H
#define PROCESS_GUARDIAN_WATCH_H

#include <stdbool.h>

#include "process/guardian.h"
#include "process/guardian_process.h"

#define GUARDIAN_NUDGE_MS  500  /* between two looks at a request that was not answered */
#define GUARDIAN_ANSWER_MS 5000 /* for an answer while there is nothing else to lose than time */

/*
 * Sends a request; signal counts for GUARDIAN_SIGNAL only. Never blocks. Returns -1 if the socket
 * does not take it, mostly because the guardian is dead; the next guardian_watch() finds that out.
 * Whether it is answered in time is watched there, too.
 */
int guardian_request(struct guardian *guardian, enum guardian_request_kind kind, int signal);

/*
 * Looks after the guardian: reads its wakes, continues it if it is stopped, asks, nudges or kills
 * it if it does not answer. Once it is dead, does a step of what it would do. Never blocks.
 */
void guardian_watch(struct guardian *guardian);

enum guardian_launch_state guardian_launch_state(const struct guardian *guardian);

/* The launch has failed or the command has ended, and if it was being ended nothing of it lives. */
bool guardian_is_over(const struct guardian *guardian);

#endif
