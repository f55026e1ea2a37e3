#include "process/guardian_process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/report.h"
#include "base/wait.h"
#include "process/child.h"
#include "process/descriptors.h"
#include "process/prompt.h"
#include "process/sweep.h"
#include "process/timer.h"

/*
 * A shell continues the whole group, so that the command and withlock get a SIGCONT each, and
 * withlock passes its own on. Within this time of the first one the command gets no second.
 */
#define CONTINUE_MS 100

/* What poll() watches; the order of the array. */
enum watched {
    WATCH_SOCKET,
    WATCH_SIGNALS,
    WATCH_REPORT,
    WATCH_TERM,
    WATCH_KILL,
    WATCH_COUNT
};

struct guard {
    const struct guardian_place *place;
    struct guardian_shared *shared;
    pid_t command;      /* 0 before it exists and from the moment it is reaped */
    int report;         /* reading end of the pipe that tells how exec went; -1 if there is none */
    int report_to;      /* its other end */
    sem_t begun;        /* posted when there is a process for the command, or none can be made */
    int begin_errno;    /* why none can be made; 0 if there is one */
    bool launched;      /* withlock has asked for the launch, which may have failed */
    bool over;          /* nothing more to do for the command */
    bool withlock_gone; /* withlock is dead */
    bool alone;         /* its death has been acted upon */
    bool is_ending;     /* the command is being ended */
    struct guardian_ending ending;
    struct mono continued_at; /* when the command was last seen to be continued */
    struct mono continue_at;  /* when to send the SIGCONT asked for; MONO_NEVER if none is */
};

/* Wakes withlock by one byte. If the socket is full a wake is on its way already. */
static void tell(struct guard *guard)
{
    (void)send(guard->place->socket, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/*
 * To be called once the command has its own copies: a pipe of the caller must not stay open because
 * of us. Standard error is kept, since we report there if withlock is killed.
 */
static void close_inherited(struct guard *guard)
{
    int keep[] = {STDERR_FILENO,         guard->place->socket,  guard->place->settings->signals->fd,
                  guard->place->term.fd, guard->place->kill.fd, guard->report};
    descriptors_close_but(keep, sizeof(keep) / sizeof(keep[0]));
}

static void add_variables(char *variables)
{
    for (char *at = variables; *at; at += strlen(at) + 1)
        (void)putenv(at); /* if memory is short the command goes without it */
}

/* In the command's process, which shares our memory. */
static _Noreturn void exec_command(struct guard *guard)
{
    struct child_plan plan = {
        .file = guard->place->settings->file,
        .argv = guard->place->settings->argv,
        .signals = guard->place->settings->signals,
        .parent = guard->ending.sweep.root,
        .group = guard->place->terminal ? guard->place->withlock_group : 0,
    };
    atomic_store(&guard->shared->command, getpid());
    (void)sem_post(&guard->begun); /* far from its highest value */
    int reason = child_exec(&plan);
    (void)!write(guard->report_to, &reason, sizeof(reason)); /* a failure cannot be told */
    _exit(EXIT_FAILURE);
}

/*
 * The thread that makes the command's process. fork(2) would copy all page tables only for exec to
 * discard them, which takes a fortieth of the time of a short run. vfork(2) copies nothing, but
 * holds the calling thread until exec is done, and exec may hang in a file system: so it is not
 * called by the thread that watches the deadlines. This thread never ends, since the end of the
 * thread that has made it would kill the command (PR_SET_PDEATHSIG).
 */
static void *begin_command(void *context)
{
    struct guard *guard = context;
    pid_t pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
    if (pid == 0)
        exec_command(guard); /* NOLINT(clang-analyzer-unix.Vfork): a few system calls, and exec */
    if (pid < 0)
        guard->begin_errno = errno;
    else
        atomic_store(&guard->shared->command, pid); /* if it was killed before it stored that */
    (void)sem_post(&guard->begun);
    for (;;)
        (void)pause();
    return NULL;
}

/* Makes the command's process. Returns its pid, or -1 with errno. */
static pid_t make_process(struct guard *guard)
{
    pthread_t thread;
    guard->begin_errno = pthread_create(&thread, NULL, begin_command, guard);
    while (guard->begin_errno == 0 && sem_wait(&guard->begun) != 0)
        ; /* interrupted */
    pid_t pid = atomic_load(&guard->shared->command);
    errno = guard->begin_errno;
    return pid ? pid : -1;
}

static void launch_failed(struct guard *guard, enum guardian_launch_state state, int reason)
{
    atomic_store(&guard->shared->launch_errno, reason);
    atomic_store(&guard->shared->launch, state);
    guard->over = true;
    tell(guard);
}

static void launch(struct guard *guard)
{
    int report[2];
    guard->launched = true;
    if (timer_passed(&guard->place->term)) {
        launch_failed(guard, GUARDIAN_LAUNCH_NO_PROCESS, ETIME);
        return;
    }
    if (pipe2(report, O_CLOEXEC | O_NONBLOCK) != 0) { /* one word always fits */
        launch_failed(guard, GUARDIAN_LAUNCH_NO_PROCESS, errno);
        return;
    }
    add_variables(guard->shared->variables);
    guard->report_to = report[1];
    pid_t pid = make_process(guard);
    int reason = errno;
    (void)close(report[1]); /* nothing was written */
    if (pid < 0) {
        (void)close(report[0]); /* only read */
        launch_failed(guard, GUARDIAN_LAUNCH_NO_PROCESS, reason);
        return;
    }
    if (!guard->place->terminal)
        (void)setpgid(pid, pid); /* it does that as well; we must not signal the group before */
    guard->command = pid;
    guard->report = report[0];
    close_inherited(guard);
}

/*
 * How exec went: an errno if it has failed. The pipe ends with nothing in it when exec succeeds,
 * or when the process was killed before, which its exit status will tell.
 */
static void read_report(struct guard *guard)
{
    int reason;
    ssize_t got = read(guard->report, &reason, sizeof(reason));
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    (void)close(guard->report); /* only read */
    guard->report = -1;
    if (got == (ssize_t)sizeof(reason)) {
        launch_failed(guard, GUARDIAN_LAUNCH_NO_EXEC, reason);
    } else {
        atomic_store(&guard->shared->launch, GUARDIAN_LAUNCH_DONE);
        tell(guard);
    }
}

static void refused(struct guard *guard, pid_t pid)
{
    if (atomic_exchange(&guard->shared->refused, pid) == 0)
        tell(guard);
}

static void signal_command(struct guard *guard, int signal)
{
    if (guard->command &&
        kill(guard->place->terminal ? guard->command : -guard->command, signal) != 0 &&
        errno == EPERM)
        refused(guard, guard->command);
}

/* The shell may have continued the command as well, just before or just after: see CONTINUE_MS. */
static void continue_command(struct guard *guard)
{
    struct mono now = mono_now();
    if (atomic_load(&guard->shared->stop_signal))
        guard->continue_at = mono_add(now, CONTINUE_MS);
    else if (mono_diff(now, guard->continued_at) > CONTINUE_MS)
        signal_command(guard, SIGCONT);
}

static void read_requests(struct guard *guard)
{
    struct guardian_request request;
    ssize_t got;
    while ((got = recv(guard->place->socket, &request, sizeof(request), MSG_DONTWAIT)) > 0) {
        if (request.kind == GUARDIAN_LAUNCH && !guard->launched)
            launch(guard);
        else if (request.kind == GUARDIAN_SIGNAL && request.signal == SIGCONT)
            continue_command(guard);
        else if (request.kind == GUARDIAN_SIGNAL)
            signal_command(guard, request.signal);
        atomic_fetch_add(&guard->shared->answered, 1);
    }
    if (got == 0)
        guard->withlock_gone = true;
}

/* Withlock follows the command into a stop, and out of it again. */
static void command_stopped(struct guard *guard, int signal)
{
    atomic_store(&guard->shared->stop_signal, signal);
    atomic_fetch_add(&guard->shared->stops, 1);
    tell(guard);
}

/* Only while it is our parent: after its death the number may be another process's. */
static void continue_withlock(struct guard *guard)
{
    if (guard->place->terminal && getppid() == guard->place->withlock)
        (void)kill(guard->place->withlock, SIGCONT);
}

static void command_continued(struct guard *guard)
{
    atomic_store(&guard->shared->stop_signal, 0);
    guard->continued_at = mono_now();
    guard->continue_at = MONO_NEVER;
    continue_withlock(guard);
}

static void command_ended(struct guard *guard, int status)
{
    if (guard->report >= 0)
        read_report(guard); /* if exec has failed, that is what is to be reported, not this end */
    if (guard->over)
        return;
    atomic_store(&guard->shared->status, status);
    atomic_store(&guard->shared->exited, true);
    guard->over = !guard->is_ending;
    tell(guard);
    if (atomic_load(&guard->shared->stop_signal))
        continue_withlock(guard); /* killed while it was stopped, and withlock with it */
}

static void command_changed(struct guard *guard, const siginfo_t *info)
{
    if (info->si_code == CLD_STOPPED)
        command_stopped(guard, info->si_status);
    else if (info->si_code == CLD_CONTINUED)
        command_continued(guard);
    else if (info->si_code != CLD_TRAPPED)
        command_ended(guard, child_exit_status(info->si_code, info->si_status));
}

/* The option of waitid(2) that asks for events of this si_code. */
static int kind_of(int code)
{
    switch (code) {
    case CLD_STOPPED:
    case CLD_TRAPPED:
        return WSTOPPED;
    case CLD_CONTINUED:
        return WCONTINUED;
    default:
        return WEXITED;
    }
}

/*
 * Collects what happened to our children, the command and orphans of its making; false when there
 * is none left. The end of the command is written down before it is reaped, so that it is not lost
 * if we are killed in between.
 */
static bool reap(struct guard *guard)
{
    for (;;) {
        siginfo_t info = {0};
        int all = WEXITED | WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT;
        if (waitid(P_ALL, 0, &info, all) != 0)
            return errno != ECHILD;
        if (info.si_pid == 0)
            return true;
        int kind = kind_of(info.si_code);
        if (info.si_pid == guard->command) {
            command_changed(guard, &info);
            if (kind == WEXITED)
                guard->command = 0; /* from here on its number may be another's */
        }
        (void)waitid(P_PID, (id_t)info.si_pid, &info, kind | WNOHANG); /* just seen there */
    }
}

static void begin_ending(struct guard *guard, struct mono kill_at)
{
    struct sweep_found found;
    guard->is_ending = true;
    guardian_ending_plan(&guard->ending, kill_at, timer_moment(&guard->place->kill));
    atomic_store(&guard->shared->ending, true);
    tell(guard);
    if (atomic_load(&guard->shared->stop_signal))
        continue_withlock(guard); /* it has followed the command, and has a lock to give back */
    (void)sweep_signal(&guard->ending.sweep, SIGTERM, &found); /* KILL will find who was missed */
    if (found.by_parent)
        signal_command(guard, SIGTERM); /* its group */
    if (found.refused)
        refused(guard, found.refused);
}

/* Withlock reports the survivor; if withlock was killed, we do, once. */
static void survived(struct guard *guard, pid_t pid)
{
    pid_t before = atomic_exchange(&guard->shared->survivor, pid);
    if (before == 0 && guard->alone)
        report(REPORT_WARNING, GUARDIAN_SURVIVOR_LINE, (long)pid);
    else if (before != pid)
        tell(guard);
}

/* One sweep, if it is time. Repeated until no child is left, which reap() finds out. */
static void go_on_ending(struct guard *guard)
{
    struct sweep_found found;
    if (!guardian_ending_sweep(&guard->ending, &found))
        return;
    pid_t survivor = guardian_ending_survivor(&guard->ending, &found);
    if (found.refused)
        refused(guard, found.refused);
    if (survivor)
        survived(guard, survivor);
}

/* Withlock is dead: TERM now, KILL after kill_after_ms. If TERM was sent, only KILL may be sooner.
 */
static void begin_alone(struct guard *guard)
{
    const struct guardian_place *place = guard->place;
    struct mono kill_at = mono_add(mono_now(), place->settings->kill_after_ms);
    guard->alone = true;
    if (guard->is_ending)
        guardian_ending_plan(&guard->ending, mono_min(guard->ending.kill_at, kill_at),
                             timer_moment(&place->kill));
    else
        begin_ending(guard, kill_at);
}

static void attend_to_deadlines(struct guard *guard, bool has_children)
{
    const struct guardian_place *place = guard->place;
    struct mono now = mono_now();
    bool running = guard->launched && !guard->over;
    if (running && guard->withlock_gone && !guard->alone)
        begin_alone(guard);
    if (running && !guard->is_ending && (timer_passed(&place->term) || timer_passed(&place->kill)))
        begin_ending(guard, MONO_NEVER); /* the deadline for KILL is set, and counts */
    if (guard->is_ending && !guard->over) {
        if (!has_children) {
            guard->over = true;
            atomic_store(&guard->shared->cleared, true);
            tell(guard);
        } else {
            go_on_ending(guard);
        }
    }
    if (mono_reached(now, guard->continue_at)) {
        guard->continue_at = MONO_NEVER;
        signal_command(guard, SIGCONT);
    }
}

/* Sleeps until something happens; while all is well that is the command's end. */
static void wait_for_something(struct guard *guard)
{
    const struct guardian_place *place = guard->place;
    bool watch_timers = guard->launched && !guard->over && !guard->is_ending;
    struct mono moment = guard->continue_at;
    struct pollfd fds[WATCH_COUNT] = {
        [WATCH_SOCKET] = {guard->withlock_gone ? -1 : place->socket, POLLIN, 0},
        [WATCH_SIGNALS] = {place->settings->signals->fd, POLLIN, 0},
        [WATCH_REPORT] = {guard->report, POLLIN, 0},
        [WATCH_TERM] = {watch_timers ? place->term.fd : -1, POLLIN, 0},
        [WATCH_KILL] = {watch_timers ? place->kill.fd : -1, POLLIN, 0},
    };
    if (guard->is_ending && !guard->over)
        moment = mono_min(moment, guard->ending.sweep_at);
    (void)wait_ready(fds, WATCH_COUNT, moment); /* on failure, too, everything is looked at */

    struct signals_seen seen;
    while (signals_next(place->settings->signals, &seen))
        ; /* SIGCHLD has woken us; the guardian ignores all other signals */
    if (fds[WATCH_REPORT].revents)
        read_report(guard);
    if (fds[WATCH_SOCKET].revents & POLLHUP)
        guard->withlock_gone = true; /* requests that it has still sent do not count any more */
    else if (fds[WATCH_SOCKET].revents)
        read_requests(guard);
}

noreturn void guardian_process_main(const struct guardian_place *place)
{
    report_forked();
    struct guard guard = {
        .place = place,
        .shared = place->shared,
        .report = -1,
        .continue_at = MONO_NEVER,
        .continued_at = {-CONTINUE_MS},
    };
    (void)prctl(PR_SET_NAME, GUARDIAN_NAME);
    (void)setpgid(0, 0);                    /* a child that has not called exec: cannot fail */
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1); /* since Linux 3.4 */
    sweep_init(&guard.ending.sweep);
    (void)sem_init(&guard.begun, 0, 0); /* cannot fail */

    while (!guard.withlock_gone || (guard.launched && !guard.over)) {
        wait_for_something(&guard);
        attend_to_deadlines(&guard, reap(&guard));
    }
    close_inherited(&guard);
    prompt_restore_echo();
    if (place->settings->release && !atomic_load(&place->shared->dismissed))
        place->settings->release(place->settings->release_context);
    report_finish();
    _exit(EXIT_SUCCESS);
}
