#include "process/guardian_watch.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "exit_status.h"
#include "process/child.h"

#define NUDGES_WHEN_DUE 2 /* once the command should be dead, the last of so many is a KILL */
#define CLEAR_LOOKS     2 /* one look may miss a process born while it looks */
#define KILLED_STATUS   (EXIT_STATUS_SIGNAL + SIGKILL)
#define EVENTS_PER_LOOK 8
#define DRAIN_BYTES     256

enum guardian_launch_state guardian_launch_state(const struct guardian *guardian)
{
    return (enum guardian_launch_state)atomic_load(&guardian->shared->launch);
}

bool guardian_is_over(const struct guardian *guardian)
{
    const struct guardian_shared *shared = guardian->shared;
    if (guardian_launch_state(guardian) >= GUARDIAN_LAUNCH_NO_EXEC)
        return true;
    return atomic_load(&shared->exited) &&
           (!atomic_load(&shared->ending) || atomic_load(&shared->cleared));
}

/* If the timer cannot be set we look when something else wakes us: a signal or a deadline. */
static void look_again_at(struct guardian *guardian, struct mono moment)
{
    (void)timer_set(&guardian->wake, moment);
}

static bool is_answered(const struct guardian *guardian)
{
    return atomic_load(&guardian->shared->answered) == guardian->asked;
}

int guardian_request(struct guardian *guardian, enum guardian_request_kind kind, int signal)
{
    struct guardian_request request = {kind, signal};
    bool first = is_answered(guardian);
    ssize_t sent = send(guardian->socket, &request, sizeof(request), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent != (ssize_t)sizeof(request))
        return -1;
    guardian->asked++;
    if (first) {
        guardian->nudge_at = mono_add(mono_now(), GUARDIAN_NUDGE_MS);
        look_again_at(guardian, guardian->nudge_at);
    }
    return 0;
}

/* Opens the command's process, so that its end is seen here even if the guardian is stopped. */
static void watch_command(struct guardian *guardian)
{
    pid_t command = atomic_load(&guardian->shared->command);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    if (guardian->command.pid || command == 0 || !pidfd_open_process(command, &guardian->command))
        return;
    /* The end is written down before the process is reaped. So if it is not written down even now,
     * the number was still the command's when we opened it. */
    if (atomic_load(&guardian->shared->exited))
        pidfd_close(&guardian->command);
    else if (guardian->command.fd >= 0) /* a failure only delays the news */
        (void)epoll_ctl(guardian->epoll, EPOLL_CTL_ADD, guardian->command.fd, &event);
}

static bool command_is_dead(const struct guardian *guardian)
{
    return pidfd_has_ended(&guardian->command);
}

/* Is it the guardian's turn? The command should be ended by now, or its end be written down. */
static bool is_due(const struct guardian *guardian)
{
    const struct guardian_shared *shared = guardian->shared;
    if (!guardian->launched || guardian_is_over(guardian))
        return false;
    return timer_passed(&guardian->kill) ||
           (timer_passed(&guardian->term) && !atomic_load(&shared->ending)) ||
           (!atomic_load(&shared->exited) && command_is_dead(guardian));
}

/* At which nudge a guardian that does not answer is killed. */
static int nudges_left(const struct guardian *guardian)
{
    if (timer_passed(&guardian->kill) || command_is_dead(guardian))
        return NUDGES_WHEN_DUE;
    if (atomic_load(&guardian->shared->command) == 0)
        return GUARDIAN_ANSWER_MS / GUARDIAN_NUDGE_MS;
    return INT_MAX;
}

static void check_answers(struct guardian *guardian)
{
    struct mono now = mono_now();
    bool answered = is_answered(guardian);
    if (answered)
        guardian->nudges = 0;
    bool well = answered && !is_due(guardian);
    if (well || !mono_reached(now, guardian->nudge_at)) {
        struct mono moment = well ? MONO_NEVER : guardian->nudge_at;
        if (timer_moment(&guardian->wake).ms != moment.ms)
            look_again_at(guardian, moment);
        return;
    }
    guardian->nudge_at = mono_add(now, GUARDIAN_NUDGE_MS);
    if (answered) /* it may be well, and busy with processes that do not die: ask */
        (void)guardian_request(guardian, GUARDIAN_ASK, 0);
    else if (guardian->nudges < INT_MAX) /* the number is still the guardian's: not yet reaped */
        (void)kill(guardian->pid, ++guardian->nudges >= nudges_left(guardian) ? SIGKILL : SIGCONT);
    look_again_at(guardian, guardian->nudge_at);
}

/* Reaps the command, if it has ended, and writes down how. Once the guardian is dead only. */
static void collect_command(struct guardian *guardian)
{
    struct guardian_shared *shared = guardian->shared;
    siginfo_t info = {0};
    if (atomic_load(&shared->exited))
        return;
    int result = waitid(P_PID, (id_t)atomic_load(&shared->command), &info, WEXITED | WNOHANG);
    if (result == 0 && info.si_pid == 0)
        return;
    atomic_store(&shared->status,
                 result == 0 ? child_exit_status(info.si_code, info.si_status) : KILLED_STATUS);
    atomic_store(&shared->exited, true);
}

/*
 * The guardian is dead. Its death has killed the command (PR_SET_PDEATHSIG) unless that had ended
 * before. The guardian's children, zombies among them, are ours from now on.
 */
static void begin_as_guardian(struct guardian *guardian)
{
    struct guardian_shared *shared = guardian->shared;
    pid_t command = atomic_load(&shared->command);
    if (!guardian->launched || guardian_is_over(guardian))
        return;
    if (command == 0) { /* and none will start: child_exec() would see that its parent is dead */
        atomic_store(&shared->launch_errno, ECHILD);
        atomic_store(&shared->launch, GUARDIAN_LAUNCH_NO_PROCESS);
        return;
    }
    if (!guardian->terminal && !sweep_has_proc())
        (void)kill(-command, SIGTERM); /* its group, known without /proc; not yet reaped */
    collect_command(guardian);
    if (atomic_load(&shared->exited) && atomic_load(&shared->status) != KILLED_STATUS)
        return; /* it had ended by itself */
    struct mono now = mono_now(), kill_at = mono_add(now, guardian->settings->kill_after_ms);
    guardian_ending_plan(&guardian->ending, kill_at, timer_moment(&guardian->kill));
    guardian->ending.sweep_at = now;             /* only sweeps tell when the last one is gone */
    if (!atomic_exchange(&shared->ending, true)) /* KILL will find who was missed */
        (void)sweep_signal(&guardian->ending.sweep, SIGTERM, NULL);
}

/*
 * A step of what the guardian would do. The sweep also kills helpers of our own that run just now;
 * whoever needs them starts them again.
 */
static void act_as_guardian(struct guardian *guardian)
{
    struct guardian_shared *shared = guardian->shared;
    struct sweep_found found;
    if (!guardian->launched || guardian_is_over(guardian))
        return;
    collect_command(guardian);
    if (!guardian_ending_sweep(&guardian->ending, &found))
        return;
    guardian->clear_looks = found.living > 0 ? 0 : guardian->clear_looks + 1;
    pid_t survivor = guardian_ending_survivor(&guardian->ending, &found);
    if (found.refused)
        atomic_store(&shared->refused, found.refused);
    if (survivor)
        atomic_store(&shared->survivor, survivor);
    if (guardian->clear_looks >= CLEAR_LOOKS && atomic_load(&shared->exited))
        atomic_store(&shared->cleared, true);
    look_again_at(guardian, guardian_is_over(guardian) ? mono_now() : guardian->ending.sweep_at);
}

static void drain_socket(struct guardian *guardian)
{
    char wakes[DRAIN_BYTES];
    ssize_t got = 1;
    while (!guardian->hung_up && got > 0)
        got = recv(guardian->socket, wakes, sizeof(wakes), MSG_DONTWAIT);
    if (guardian->hung_up || got != 0)
        return; /* empty; an error will show again at the next look */
    guardian->hung_up = true;
    file_close(&guardian->socket);
}

/* True once it has ended. As its parent we also learn that it is stopped, and continue it. */
static bool has_ended(struct guardian *guardian)
{
    siginfo_t info = {0};
    if (guardian->hung_up)
        (void)kill(guardian->pid, SIGKILL); /* no effect if it has ended, and is not yet reaped */
    if (waitid(P_PID, (id_t)guardian->pid, &info, WEXITED | WSTOPPED | WNOHANG) != 0)
        return errno == ECHILD;
    if (info.si_pid != 0 && info.si_code == CLD_STOPPED)
        (void)kill(guardian->pid, SIGCONT);
    else if (info.si_pid == 0 && guardian->hung_up)
        look_again_at(guardian, mono_add(mono_now(), GUARDIAN_SWEEP_MS));
    return info.si_pid != 0 && info.si_code != CLD_STOPPED;
}

void guardian_watch(struct guardian *guardian)
{
    struct epoll_event events[EVENTS_PER_LOOK];
    (void)epoll_wait(guardian->epoll, events, EVENTS_PER_LOOK, 0); /* all are looked at anyway */
    if (!guardian->gone) {
        drain_socket(guardian);
        guardian->gone = has_ended(guardian);
        if (guardian->gone)
            begin_as_guardian(guardian);
    }
    if (guardian->gone) {
        act_as_guardian(guardian);
    } else {
        watch_command(guardian);
        check_answers(guardian);
    }
}
