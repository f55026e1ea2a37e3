#include "run/supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/buf.h"
#include "base/report.h"
#include "base/wait.h"
#include "exit_status.h"
#include "process/child.h"
#include "process/guardian.h"
#include "process/sweep.h"
#include "run/heartbeat.h"
#include "run/hook.h"
#include "run/identity.h"
#include "run/messages.h"
#include "run/session.h"
#include "run/waiting.h"

#define RELEASE_SETTLE_MS 1000 /* between the looks for what a killed run has left, at least */
#define NO_WAKEUP         ((struct wakeup_source){.fd = -1})

/* What changes while we wait, and the guardian needs if we are killed: in memory shared with it. */
struct shared {
    _Atomic uint64_t mutex_note;
    struct identity identity;
};

struct run {
    const struct supervise_plan *plan;
    const struct signals *signals;
    struct aws_settings aws;
    struct shared *shared;
    struct lock_settings lock; /* the plan's, with what only this run knows */
    struct session_config config;
    struct session session;
    struct guardian guardian;
    struct heartbeat heartbeat;
    struct held held;
    struct hook lost_hook;
    char file[PATH_MAX]; /* the command's */
    struct mono arrived, held_since, ended;
    int status;         /* exit status of the command, once it has ended */
    bool started;       /* the command has been started */
    bool over;          /* --max-hold has passed, so we have asked for the command's end */
    bool timed_out;     /* ... and it has ended because of that */
    int early_signal;   /* a signal that came while --on-acquire ran: the command is not started */
    bool lost;          /* the lock was lost while the command ran */
    bool told_lost;     /* the user was told that it is lost */
    bool guardian_died; /* so the command is dead as well, whatever --on-lost says */
    struct error why;   /* why the lock was lost; ERROR_NONE: it was not */
};

static int find_command(struct run *run, struct error *err)
{
    const char *name = run->plan->argv[0];
    switch (child_find(name, run->plan->environment("PATH"), run->file, err)) {
    case CHILD_FOUND:
        *err = (struct error){0}; /* it may be about a folder of PATH that was searched before */
        return 0;
    case CHILD_NOT_EXECUTABLE:
        return EXIT_STATUS_NOT_EXECUTABLE;
    case CHILD_NOT_FOUND:
        break;
    }
    return EXIT_STATUS_NOT_FOUND;
}

static int load(struct run *run, struct error *err)
{
    const struct supervise_plan *plan = run->plan;
    if (aws_settings_load(&run->aws, plan->aws, plan->environment, err) != 0)
        return -1;
    run->shared = map_shared(sizeof(*run->shared));
    if (!run->shared)
        return error_system(err, errno, "sharing memory with the guardian");
    struct identity *identity = &run->shared->identity;
    if (identity_make(identity, plan->lock->id, wall_now(), err) != 0 ||
        attempt_check_length(plan->lock->prefix, identity->id, plan->lock->label, err) != 0 ||
        held_check_room(plan->environment, plan->lock->prefix, identity->id, err) != 0 ||
        logs_check_tags(plan->tags, err) != 0)
        return -1;
    run->arrived = mono_now();
    run->config = (struct session_config){
        .aws = &run->aws,
        .lock = &run->lock,
        .tags = plan->tags,
        .mutex_note = &run->shared->mutex_note,
        .identity = identity,
    };
    run->lock = *plan->lock;
    run->lock.id = identity->id;
    run->lock.nonce = identity->nonce[0] ? identity->nonce : NULL;
    run->lock.arrival_tries = run->aws.max_attempts;
    run->lock.nonblock = plan->wait_ms == 0;
    run->lock.wait_until = plan->wait_ms < 0 ? MONO_NEVER : mono_add(run->arrived, plan->wait_ms);
    return 0;
}

/* Deletes what was made. False if something could not be deleted; the user has been told. */
static bool release(struct run *run, const struct wakeup_source *wakeup)
{
    struct error left;
    struct session *session = &run->session;
    lock_leave(&session->lock, mono_now());
    while (lock_phase(&session->lock) != LOCK_FINISHED) {
        session_step(session, wakeup);
        messages_notices(session);
    }
    if (!messages_left(session, &left))
        return true;
    if (!messages_says_left(session))
        report(REPORT_ERROR, "%s", left.text);
    return false;
}

/* In the guardian, after withlock was killed: by fresh connections and credentials. */
static void release_after_death(void *context)
{
    struct run *run = context;
    struct wakeup_source wakeup = NO_WAKEUP;
    struct error err;
    run->config.release_only = true;
    /* a create that was sent before the death may still take effect: wait for it between looks */
    run->lock.settle_ms = ms_max(run->lock.settle_ms, RELEASE_SETTLE_MS);
    if (session_init(&run->session, &run->config, &wakeup, &err) != 0) {
        report(REPORT_ERROR, "what '%s/%s' has made stays until it expires: %s", run->lock.prefix,
               run->lock.id, err.text);
        return;
    }
    (void)release(run, &wakeup); /* it has said what is left */
    session_free(&run->session);
}

/* Waits for the lock, until it is decided or the wait is over. */
static void wait_for_lock(struct run *run, struct waiting *waiting)
{
    struct session *session = &run->session;
    struct wakeup_source wakeup = waiting_wakeup(waiting);
    enum lock_phase phase;
    waiting_show(waiting, session);
    do {
        session_step(session, &wakeup);
        messages_notices(session);
        phase = lock_phase(&session->lock);
    } while (!waiting_is_over(waiting) && phase != LOCK_HELD && phase != LOCK_LOST &&
             phase != LOCK_LEAVING && phase != LOCK_FINISHED);
}

/*
 * Once the heartbeat has lost the lock: tells the user, has the command ended, and starts the hook.
 * Before the command has started nothing is done: it does not start then, which is reported.
 */
static void note_loss(struct run *run)
{
    struct error why;
    if (run->told_lost || !run->started || !heartbeat_lost(&run->heartbeat, &why))
        return;
    if (!run->plan->warn_on_lost) /* the heartbeat did the same, unless the kernel refused */
        guardian_end_command(&run->guardian, run->lock.kill_after_ms);
    run->told_lost = true;
    run->lost = true;
    run->why = why;
    messages_lost(&run->session, &why, run->plan->warn_on_lost);
    hook_start_lost(&run->lost_hook, run->plan->on_lost_run, &run->held, run->why.text);
}

static void forward_signals(struct run *run)
{
    struct signals_seen seen;
    while (signals_next(run->signals, &seen))
        guardian_forward(&run->guardian, &seen);
}

static int not_started_status(struct run *run, const struct guardian_seen *seen, struct error *err)
{
    const char *name = run->plan->argv[0];
    struct error why;
    if (seen->exec) {
        (void)error_system(err, seen->os_errno, "cannot execute '%s'", name);
        return child_exec_status(seen->os_errno);
    }
    if (seen->guardian_died)
        (void)error_set(err, ERROR_SYSTEM,
                        "cannot start '%s': the guardian process has died, or did not answer",
                        name);
    else if (seen->os_errno != ETIME)
        (void)error_system(err, seen->os_errno, "cannot start '%s'", name);
    else if (heartbeat_lost(&run->heartbeat, &why))
        (void)error_set(err, ERROR_SYSTEM, "did not start '%s': %s", name, why.text);
    else
        (void)error_set(err, ERROR_SYSTEM,
                        "did not start '%s': the lease of the lock was over before (was this "
                        "machine or process stopped?)",
                        name);
    return EXIT_STATUS_SYSTEM;
}

/* Takes what the guardian has to say by now. Returns true once the command has ended. */
static bool guardian_step(struct run *run, struct error *err)
{
    struct guardian_seen seen;
    for (;;) {
        switch (guardian_next(&run->guardian, &seen)) {
        case GUARDIAN_NOTHING:
            return false;
        case GUARDIAN_STARTED:
            run->started = true;
            break;
        case GUARDIAN_ENDING:
            run->started = true;
            run->guardian_died = seen.guardian_died;
            run->timed_out = run->over && !seen.guardian_died;
            run->lost |= !run->timed_out;
            break;
        case GUARDIAN_REFUSED:
            messages_refused(seen.pid);
            break;
        case GUARDIAN_SURVIVOR:
            report(REPORT_WARNING, GUARDIAN_SURVIVOR_LINE, (long)seen.pid);
            break;
        case GUARDIAN_NOT_STARTED:
            run->status = not_started_status(run, &seen, err);
            return true;
        case GUARDIAN_ENDED:
            run->started = true;
            run->status = seen.status;
            return true;
        }
    }
}

static struct mono max_hold_until(const struct run *run)
{
    if (run->over || run->lost || !run->started || !run->plan->max_hold_ms)
        return MONO_NEVER;
    return mono_add(run->held_since, run->plan->max_hold_ms);
}

static void check_max_hold(struct run *run)
{
    if (!mono_reached(mono_now(), max_hold_until(run)))
        return;
    run->over = guardian_end_command(&run->guardian, run->lock.kill_after_ms);
    run->lost = !run->over; /* a deadline of the lease has passed before */
    if (run->over)
        messages_max_hold(&run->session, run->plan->max_hold_ms);
}

static void watch_command(struct run *run, struct error *err)
{
    bool over = false;
    while (!over) {
        struct pollfd fds[] = {
            {.fd = guardian_fd(&run->guardian), .events = POLLIN},
            {.fd = run->signals->fd, .events = POLLIN},
            {.fd = run->told_lost || !run->started ? -1 : heartbeat_fd(&run->heartbeat),
             .events = POLLIN},
            {.fd = hook_fd(&run->lost_hook), .events = POLLIN},
        };
        (void)wait_ready(fds, 4, mono_min(max_hold_until(run), hook_look_at(&run->lost_hook)));
        if (fds[2].revents)
            note_loss(run);
        if (fds[1].revents)
            forward_signals(run);
        over = guardian_step(run, err); /* SIGCHLD may be the guardian's */
        if (!over)
            check_max_hold(run);
        hook_look(&run->lost_hook);
    }
    note_loss(run);
}

/*
 * --min-hold: keeps the lock after the command's end until it is over, a signal asks for the end,
 * or the lock is lost, which is no failure any more: the command has ended by itself.
 */
static void hold_on(struct run *run)
{
    struct mono until = mono_add(run->held_since, run->plan->min_hold_ms);
    struct interruption interruption = {.signals = run->signals};
    struct wakeup_source wakeup = interruption_wakeup(&interruption);
    struct error why;
    if (run->lost || mono_reached(run->ended, until))
        return;
    messages_holding_on(&run->session, mono_diff(until, run->ended));
    while (!mono_reached(mono_now(), until)) {
        struct pollfd fds[] = {
            {.fd = run->signals->fd, .events = POLLIN},
            {.fd = heartbeat_fd(&run->heartbeat), .events = POLLIN},
            {.fd = guardian_fd(&run->guardian), .events = POLLIN},
        };
        (void)wait_ready(fds, 3, until); /* all are looked at anyway */
        (void)guardian_died(
            &run->guardian); /* to read its news; the lock is ours even if it died */
        if (heartbeat_lost(&run->heartbeat, &why)) {
            report(REPORT_WARNING, "warning: %s, after the command had ended", why.text);
            run->told_lost = true;
            return;
        }
        if (wakeup_asked(&wakeup))
            return;
    }
}

/* Starts the command. All that watches it is in place before. */
static int launch(struct run *run, struct error *err)
{
    struct lock_lease lease = lock_lease(&run->session.lock);
    bool kill = !run->plan->warn_on_lost;
    if (held_make(&run->held, run->plan->environment, run->lock.prefix, run->lock.id,
                  lock_token(&run->session.lock), run->session.client.url, err) != 0)
        return -1;
    if (kill && guardian_set_deadlines(&run->guardian, lease.term_at, lease.kill_at) != 0)
        return error_system(err, errno, "setting the deadlines of the command");
    if (heartbeat_start(&run->heartbeat, &run->session, &run->guardian, kill, err) != 0)
        return -1;
    run->early_signal = hook_run_acquired(run->plan->on_acquire, &run->held, run->signals);
    if (run->early_signal)
        return 0;
    report_flush(); /* what was said before comes before what the command says */
    return guardian_launch(&run->guardian, (const char *const *)run->held.variables, err);
}

static int run_command(struct run *run, struct error *err)
{
    int result = launch(run, err);
    if (run->early_signal) {
        run->status = EXIT_STATUS_SIGNAL + run->early_signal;
    } else if (result == 0) {
        watch_command(run, err);
        run->ended = mono_now();
        messages_ended(&run->session, run->status, mono_diff(run->ended, run->held_since));
        if (run->started)
            hold_on(run);
    }
    heartbeat_stop(&run->heartbeat);
    return result;
}

static int lost_status(struct run *run, struct error *err)
{
    if (run->why.kind == ERROR_NONE && run->guardian_died)
        (void)error_set(&run->why, ERROR_LOST, "lost the guardian process: somebody killed it");
    if (run->why.kind == ERROR_NONE) { /* a deadline passed before the heartbeat could say so */
        messages_why_lost(&run->session, LOCK_REASON_LEASE, &run->why);
    }
    if (!run->told_lost)
        messages_lost(&run->session, &run->why, false);
    hook_start_lost(&run->lost_hook, run->plan->on_lost_run, &run->held, run->why.text);
    if (report_is_json()) /* those who read JSON find the reason at the end as well */
        *err = run->why;
    else
        *err = (struct error){0}; /* it was said when it happened, and main is not to repeat it */
    return error_exit_status(run->why.kind);
}

static int not_obtained_status(struct run *run, struct error *err)
{
    messages_why_not_obtained(&run->session, err);
    if (err->kind != ERROR_NONE)
        return error_exit_status(err->kind);
    bool silent = run->plan->wait_ms == 0 && lock_reason(&run->session.lock) == LOCK_REASON_HELD;
    messages_not_obtained(&run->session, err->text, mono_diff(mono_now(), run->arrived), silent);
    return run->plan->not_obtained_status;
}

/* The loss was noticed only after the command had ended by itself: its own status counts. */
static void warn_if_gone(const struct run *run)
{
    struct error why;
    if (!run->started || run->lost || run->told_lost ||
        lock_reason(&run->session.lock) != LOCK_REASON_GONE)
        return;
    messages_why_lost(&run->session, LOCK_REASON_GONE, &why);
    report(REPORT_WARNING, "warning: %s, before the command had ended or just then", why.text);
}

/* The lock is held: the rest of the run. */
static int use_lock(struct run *run, struct error *err)
{
    struct wakeup_source wakeup = NO_WAKEUP;
    run->held_since = mono_now();
    messages_acquired(&run->session, mono_diff(run->held_since, run->arrived));
    if (run_command(run, err) != 0)
        run->status = error_exit_status(err->kind);
    int status = run->status;
    if (run->lost && (!run->plan->warn_on_lost || run->guardian_died))
        status = lost_status(run, err);
    else if (run->timed_out)
        status = EXIT_STATUS_MAX_HOLD;
    struct messages_summary summary = {
        .status = run->status,
        .waited_ms = mono_diff(run->held_since, run->arrived),
        .renewals = run->heartbeat.renewals,
        .left = !release(run, &wakeup),
    };
    summary.held_ms = mono_diff(mono_now(), run->held_since);
    warn_if_gone(run);
    messages_released(&run->session, &summary);
    hook_finish(&run->lost_hook);
    return status;
}

/* The wait was given up: whoever sent the signal knows why. */
static int given_up_status(const struct waiting *waiting, struct error *err)
{
    *err = (struct error){0};
    if (waiting->signal)
        return EXIT_STATUS_SIGNAL + waiting->signal;
    (void)error_set(err, ERROR_SYSTEM, "the guardian process has died, or did not answer");
    return error_exit_status(err->kind);
}

static int run_session(struct run *run, struct waiting *waiting, struct error *err)
{
    struct wakeup_source wakeup = NO_WAKEUP;
    wait_for_lock(run, waiting);
    waiting_end(waiting);
    if (!waiting_is_over(waiting) && lock_phase(&run->session.lock) == LOCK_HELD)
        return use_lock(run, err);
    (void)release(run, &wakeup); /* it has said what is left */
    if (waiting->signal)
        messages_withdrawn(&run->session, waiting->signal, mono_diff(mono_now(), run->arrived));
    if (waiting_is_over(waiting))
        return given_up_status(waiting, err);
    return not_obtained_status(run, err);
}

static int start(struct run *run, struct error *err)
{
    struct waiting waiting;
    struct guardian_settings settings = {
        .file = run->file,
        .argv = run->plan->argv,
        .signals = run->signals,
        .kill_after_ms = run->lock.kill_after_ms,
        .release = release_after_death,
        .release_context = run,
    };
    if (!sweep_has_proc())
        report(REPORT_WARNING,
               "warning: /proc is missing, or another PID namespace's: if the command has to be "
               "ended, what has left its process group gets KILL without TERM before, and nested "
               "locks stay until they expire");
    if (guardian_start(&run->guardian, &settings, err) != 0 ||
        waiting_begin(&waiting, run->signals, &run->guardian, err) != 0)
        return error_exit_status(err->kind);
    struct wakeup_source wakeup = waiting_wakeup(&waiting);
    int status;
    bool begun = session_init(&run->session, &run->config, &wakeup, err) == 0;
    if (!begun ||
        held_check(run->plan->environment, run->lock.prefix, run->session.client.url, err) != 0)
        status = error_exit_status(err->kind);
    else
        status = run_session(run, &waiting, err);
    if (!begun && waiting_is_over(&waiting))
        status = given_up_status(&waiting, err);
    waiting_end(&waiting);
    return status;
}

int supervise(const struct supervise_plan *plan, const struct signals *signals, struct error *err)
{
    *err = (struct error){0};
    struct run *run = calloc(1, sizeof(*run));
    if (!run)
        return error_exit_status((error_system(err, ENOMEM, "starting"), err->kind));
    run->plan = plan;
    run->signals = signals;
    report_never_block();
    int status = find_command(run, err);
    if (status == 0) {
        if (load(run, err) != 0)
            status = error_exit_status(err->kind);
        else
            status = start(run, err);
    }
    guardian_finish(&run->guardian);
    if (!provider_end(&run->session.client.provider)) /* its thread hangs, and uses this memory */
        return status;
    held_free(&run->held);
    session_free(&run->session);
    aws_settings_free(&run->aws);
    if (run->shared)
        (void)munmap(run->shared, sizeof(*run->shared));
    free(run);
    return status;
}
