/*
 * helper - runs a program of the user's and collects what it prints (credential_process).
 *
 * No shell. Standard input is /dev/null, since ours belongs to the command; descriptors above 2
 * are not passed on; the environment is. Both outputs are read to the end, so that a talkative
 * program cannot hang; of standard error only the end is kept.
 */
#ifndef PROCESS_HELPER_H
#define PROCESS_HELPER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"

#define HELPER_OUTPUT_BYTES   ((size_t)256 * 1024)
#define HELPER_MESSAGES_BYTES ((size_t)16 * 1024)
#define HELPER_END_MS         1000 /* for one that was killed to end; then it is left to itself */

/* All zeros is none. */
struct helper_result {
    int status;          /* exit status, or 128 + the signal that ended it */
    struct buf output;   /* secret */
    struct buf messages; /* the end of what it wrote to standard error */
};

/*
 * Runs words[0], looked up in PATH. quiet: in a session of its own, where no terminal is to be
 * asked. Returns -1 if it cannot be run (ERROR_CONFIG, named), prints too much (ERROR_CONFIG), or
 * had to be killed since the deadline passed or the wakeup said so (ERROR_LATER).
 */
int helper_run(char *const *words, bool quiet, struct mono deadline,
               const struct wakeup_source *wakeup, struct helper_result *ret_result,
               struct error *err) MUST_USE;

struct helper_plan {
    char *const *words;
    char *const *environment;
    bool quiet;
    int output_fd, messages_fd; /* what its standard output and error are; -1: our standard error */
};

/* For those who wait otherwise: starts it only. Returns 0, or the errno of what was refused. */
int helper_spawn(const struct helper_plan *plan, pid_t *ret_pid) MUST_USE;

/* Kills it with all that it started, and reaps it: it must not be reaped yet. */
void helper_end(pid_t pid);

void helper_result_free(struct helper_result *result);

#endif
