#include "process/guardian.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exit_status.h"
#include "process/child.h"
#include "process/guardian_process.h"
#include "process/job.h"
#include "process/timer.h"

/* A guardian that is late for so long is continued (somebody stopped it), and then killed. */
#define PATIENCE_MS     500
#define LOOK_AGAIN_MS   20
#define CLEAR_LOOKS     2 /* one look may miss a process born while it looks */
#define KILLED_STATUS   (EXIT_STATUS_SIGNAL + SIGKILL)
#define EVENTS_PER_LOOK 8
#define DRAIN_BYTES     256

static const struct guardian closed = {
    .socket = -1,
    .term_timer = -1,
    .kill_timer = -1,
    .patience_timer = -1,
    .command = {.fd = -1},
    .epoll = -1,
};

static void close_one(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd); /* nothing that could be lost was written */
    *fd = -1;
}

static void release_all(struct guardian *guardian)
{
    close_one(&guardian->epoll);
    close_one(&guardian->socket);
    close_one(&guardian->term_timer);
    close_one(&guardian->kill_timer);
    close_one(&guardian->patience_timer);
    pidfd_close(&guardian->command);
    if (guardian->shared)
        (void)munmap(guardian->shared, sizeof(*guardian->shared)); /* as mapped */
    guardian->shared = NULL;
    guardian->pid = 0;
}

static bool has_terminal(void)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return false;
    (void)close(fd); /* nothing was written */
    return true;
}

static int watch(struct guardian *guardian, int fd, uint32_t events, struct error *err)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(guardian->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        return error_system(err, errno, "watching the guardian");
    return 0;
}

/* The timers stay readable once they have passed; EPOLLET says so once. */
static int open_all(struct guardian *guardian, struct error *err)
{
    if (timer_open(&guardian->term_timer, err) != 0 ||
        timer_open(&guardian->kill_timer, err) != 0 ||
        timer_open(&guardian->patience_timer, err) != 0)
        return -1;
    guardian->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (guardian->epoll < 0)
        return error_system(err, errno, "creating an event descriptor");
    void *memory = mmap(NULL, sizeof(*guardian->shared), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return error_system(err, errno, "mapping memory");
    guardian->shared = memory;
    if (watch(guardian, guardian->term_timer, EPOLLIN | EPOLLET, err) != 0 ||
        watch(guardian, guardian->kill_timer, EPOLLIN | EPOLLET, err) != 0 ||
        watch(guardian, guardian->patience_timer, EPOLLIN | EPOLLET, err) != 0)
        return -1;
    return watch(guardian, guardian->socket, EPOLLIN, err);
}

static int fork_guardian(struct guardian *guardian, const struct guardian_settings *settings,
                         int its_socket, struct error *err)
{
    struct guardian_place place = {
        .settings = settings,
        .shared = guardian->shared,
        .withlock = getpid(),
        .withlock_group = getpgrp(),
        .terminal = guardian->terminal,
        .socket = its_socket,
        .term_timer = guardian->term_timer,
        .kill_timer = guardian->kill_timer,
    };
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        return error_system(err, errno, "becoming a subreaper");
    pid_t pid = fork();
    if (pid < 0)
        return error_system(err, errno, "starting the guardian process");
    if (pid == 0) {
        close_one(&guardian->socket); /* or it would never see our end of it close */
        close_one(&guardian->epoll);
        close_one(&guardian->patience_timer);
        guardian_process_main(&place);
    }
    guardian->pid = pid;
    return 0;
}

int guardian_start(struct guardian *guardian, const struct guardian_settings *settings,
                   struct error *err)
{
    struct guardian fresh = closed;
    int sockets[2];

    fresh.settings = settings;
    fresh.terminal = has_terminal();
    sweep_init(&fresh.sweep);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
        return error_system(err, errno, "creating a socket");
    fresh.socket = sockets[0];
    int result = open_all(&fresh, err);
    if (result == 0)
        result = fork_guardian(&fresh, settings, sockets[1], err);
    (void)close(sockets[1]); /* the guardian has it */
    if (result != 0) {
        release_all(&fresh);
        return -1;
    }
    *guardian = fresh;
    (void)pthread_mutex_init(&guardian->deadlines, NULL); /* cannot fail on Linux */
    return 0;
}

/* Once the command is to be ended nothing takes that back, a late renewal least of all. */
static bool deadlines_are_final(struct guardian *guardian)
{
    if (atomic_load(&guardian->shared->ending) ||
        (guardian->launched && timer_passed(guardian->term_timer)))
        guardian->deadlines_final = true;
    return guardian->deadlines_final;
}

void guardian_set_deadlines(struct guardian *guardian, struct mono term_at, struct mono kill_at)
{
    (void)pthread_mutex_lock(&guardian->deadlines); /* a plain mutex: cannot fail */
    if (!deadlines_are_final(guardian)) {
        timer_set(guardian->kill_timer, kill_at);
        timer_set(guardian->term_timer, term_at);
    }
    (void)pthread_mutex_unlock(&guardian->deadlines);
}

void guardian_end_command(struct guardian *guardian, int64_t kill_after_ms)
{
    struct mono now = mono_now();
    (void)pthread_mutex_lock(&guardian->deadlines); /* a plain mutex: cannot fail */
    if (!deadlines_are_final(guardian)) {
        guardian->deadlines_final = true;
        timer_set(guardian->kill_timer,
                  mono_min(mono_add(now, kill_after_ms), timer_moment(guardian->kill_timer, now)));
        timer_set(guardian->term_timer, now);
    }
    (void)pthread_mutex_unlock(&guardian->deadlines);
}

static int request(struct guardian *guardian, enum guardian_request_kind kind, int signal)
{
    struct guardian_request request = {kind, signal};
    ssize_t sent = send(guardian->socket, &request, sizeof(request), MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent == (ssize_t)sizeof(request) ? 0 : -1;
}

int guardian_launch(struct guardian *guardian, const char *const *variables, struct error *err)
{
    char *at = guardian->shared->variables;
    size_t left = sizeof(guardian->shared->variables) - 1;

    for (; *variables; variables++) {
        size_t size = strlen(*variables) + 1;
        if (size > left)
            return error_set(err, ERROR_LIMIT, "the variables for the command exceed %d bytes",
                             GUARDIAN_VARIABLES_BYTES);
        memcpy(at, *variables, size);
        at += size;
        left -= size;
    }
    *at = '\0';
    if (guardian->gone || request(guardian, GUARDIAN_LAUNCH, 0) != 0)
        return error_set(err, ERROR_SYSTEM, "the guardian process has died");
    (void)pthread_mutex_lock(&guardian->deadlines); /* a plain mutex: cannot fail */
    guardian->launched = true;
    (void)pthread_mutex_unlock(&guardian->deadlines);
    return 0;
}

int guardian_fd(const struct guardian *guardian)
{
    return guardian->epoll;
}

static enum guardian_launch_state launch_state(const struct guardian *guardian)
{
    return (enum guardian_launch_state)atomic_load(&guardian->shared->launch);
}

/* Nothing more will come of the command. */
static bool is_over(const struct guardian *guardian)
{
    const struct guardian_shared *shared = guardian->shared;
    if (launch_state(guardian) >= GUARDIAN_LAUNCH_NO_EXEC)
        return true;
    return atomic_load(&shared->exited) &&
           (!atomic_load(&shared->ending) || atomic_load(&shared->cleared));
}

/* If the guardian is stopped, the command's end is seen here all the same. */
static void watch_command(struct guardian *guardian)
{
    pid_t command = atomic_load(&guardian->shared->command);
    if (guardian->command.pid || command == 0 || guardian->gone ||
        !pidfd_open_process(command, &guardian->command))
        return;
    /* it is written down before it is reaped: if it is not, this was no other's number */
    if (atomic_load(&guardian->shared->exited))
        pidfd_close(&guardian->command);
    else if (guardian->command.fd >= 0)
        (void)watch(guardian, guardian->command.fd, EPOLLIN | EPOLLET,
                    NULL); /* only to hear of it sooner */
}

static bool command_is_dead(const struct guardian *guardian)
{
    return pidfd_has_ended(&guardian->command);
}

/* A command that is due but not ended, or ended unheard; or a request that nobody has read. */
static bool guardian_is_overdue(const struct guardian *guardian)
{
    int unread_bytes = 0;
    if (!guardian->launched || guardian->gone || is_over(guardian))
        return false;
    if (timer_passed(guardian->kill_timer) ||
        (timer_passed(guardian->term_timer) && !atomic_load(&guardian->shared->ending)))
        return true;
    if (!atomic_load(&guardian->shared->exited) && command_is_dead(guardian))
        return true;
    return ioctl(guardian->socket, SIOCOUTQ, &unread_bytes) == 0 && unread_bytes > 0;
}

static void look_again_in(struct guardian *guardian, int64_t ms)
{
    timer_set(guardian->patience_timer, mono_add(mono_now(), ms));
}

/*
 * Is it stopped? Then it is continued; and if that does not help, we do without it, once there is
 * nothing left to lose by that.
 */
static void hurry_guardian(struct guardian *guardian)
{
    enum {
        PATIENT,
        CONTINUED = 2,
        KILLED
    };
    if (!guardian_is_overdue(guardian)) {
        guardian->reminders = PATIENT;
        return;
    }
    if (guardian->reminders > PATIENT && !timer_passed(guardian->patience_timer))
        return;
    bool expendable = timer_passed(guardian->kill_timer) || command_is_dead(guardian);
    if (guardian->reminders >= (expendable ? KILLED : CONTINUED))
        return;
    guardian->reminders++;
    if (guardian->reminders >= CONTINUED) /* ours, and not yet reaped */
        (void)kill(guardian->pid, guardian->reminders == CONTINUED ? SIGCONT : SIGKILL);
    look_again_in(guardian, PATIENCE_MS);
}

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
 * The guardian is dead, and has taken the command with it unless that had ended before. Its
 * orphans, zombies among them, are our children once the guardian itself can be reaped.
 */
static void take_over(struct guardian *guardian)
{
    struct guardian_shared *shared = guardian->shared;
    struct mono now = mono_now();
    while (waitpid(guardian->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    guardian->gone = true;
    if (!guardian->launched || is_over(guardian))
        return;
    if (atomic_load(&shared->command) == 0) {
        atomic_store(&shared->launch_errno, ECHILD);
        atomic_store(&shared->launch, GUARDIAN_LAUNCH_NO_PROCESS);
        return;
    }
    collect_command(guardian);
    if (atomic_load(&shared->exited) && atomic_load(&shared->status) != KILLED_STATUS)
        return; /* it had ended by itself */
    struct mono limit = timer_moment(guardian->kill_timer, now);
    guardian->kill_at = mono_min(mono_add(now, guardian->settings->kill_after_ms), limit);
    guardian->inner_until = mono_min(mono_add(guardian->kill_at, GUARDIAN_INNER_MS), limit);
    if (!atomic_exchange(&shared->ending, true))
        (void)sweep_signal(&guardian->sweep, SIGTERM, NULL); /* KILL will find who was missed */
}

/* What the guardian would do. Our own helpers may be struck as well: they can be started again. */
static void act_in_its_place(struct guardian *guardian)
{
    struct guardian_shared *shared = guardian->shared;
    struct mono now = mono_now();
    pid_t survivor = 0;
    if (!guardian->launched || is_over(guardian))
        return;
    collect_command(guardian);
    bool kill_now = mono_reached(now, guardian->kill_at);
    guardian->sweep.not_killed = mono_reached(now, guardian->inner_until) ? NULL : GUARDIAN_NAME;
    int living = sweep_signal(&guardian->sweep, kill_now ? SIGKILL : 0, &survivor);
    guardian->clear_looks = living > 0 ? 0 : guardian->clear_looks + 1;
    if (guardian->clear_looks >= CLEAR_LOOKS && atomic_load(&shared->exited))
        atomic_store(&shared->cleared, true);
    else if (living > 0 && mono_diff(now, guardian->kill_at) > GUARDIAN_SURVIVOR_MS)
        atomic_store(&shared->survivor, survivor);
    look_again_in(guardian, is_over(guardian) ? 0 : LOOK_AGAIN_MS);
}

static struct job job_of(const struct guardian *guardian)
{
    return (struct job){
        .terminal = guardian->terminal,
        .session_leader = getsid(0) == getpid(),
        .self = getpid(),
        .guardian = guardian->pid,
    };
}

static void follow_stop(struct guardian *guardian)
{
    struct guardian_shared *shared = guardian->shared;
    unsigned stops = atomic_load(&shared->stops);
    int signal = atomic_load(&shared->stop_signal);
    bool news = stops != guardian->stops_seen;
    guardian->stops_seen = stops;
    if (!news || !signal || is_over(guardian) || guardian->gone)
        return;
    struct job job = job_of(guardian);
    switch (job_stop_along(&job, atomic_load(&shared->command), signal)) {
    case JOB_HANG_UP:
        (void)request(guardian, GUARDIAN_SIGNAL, SIGHUP); /* fails only with the guardian */
        (void)kill(0, SIGCONT);
        break;
    case JOB_CONTINUE:
        (void)kill(0, SIGCONT); /* our group: what else is in it was stopped as well */
        break;
    case JOB_STOPPED_ALONG:
    case JOB_NOT_STOPPED:
        break;
    }
}

void guardian_forward(struct guardian *guardian, const struct signals_seen *seen)
{
    struct job job = job_of(guardian);
    if (!guardian->launched || guardian->gone || is_over(guardian) || !job_forwards(&job, seen))
        return;
    (void)request(guardian, GUARDIAN_SIGNAL, seen->number); /* fails only with the guardian */
    if (guardian->reminders == 0)
        look_again_in(guardian, PATIENCE_MS); /* has it been read? */
}

static void look(struct guardian *guardian)
{
    struct epoll_event events[EVENTS_PER_LOOK];
    char doorbell[DRAIN_BYTES];
    ssize_t got = 1;

    (void)epoll_wait(guardian->epoll, events, EVENTS_PER_LOOK, 0); /* all are looked at anyway */
    while (!guardian->gone && got > 0)
        got = recv(guardian->socket, doorbell, sizeof(doorbell), MSG_DONTWAIT);
    if (!guardian->gone && (got == 0 || (errno != EAGAIN && errno != EINTR))) {
        take_over(guardian);
        close_one(&guardian->socket);
    }
    if (guardian->gone) {
        act_in_its_place(guardian);
    } else {
        watch_command(guardian);
        hurry_guardian(guardian);
        follow_stop(guardian);
    }
}

/* Says so the first time it is true. */
static bool first(bool condition, bool *told)
{
    bool news = condition && !*told;
    *told = *told || condition;
    return news;
}

enum guardian_event guardian_next(struct guardian *guardian, struct guardian_seen *ret_seen)
{
    const struct guardian_shared *shared = guardian->shared;
    look(guardian);
    /* read in this order: each state is written after those it vouches for */
    bool over = is_over(guardian);
    enum guardian_launch_state launch = launch_state(guardian);
    pid_t survivor = atomic_load(&shared->survivor);
    struct guardian_seen seen = {
        .pid = atomic_load(&shared->command),
        .exec = launch == GUARDIAN_LAUNCH_NO_EXEC,
        .os_errno = atomic_load(&shared->launch_errno),
        .guardian_died = guardian->gone,
        .status = atomic_load(&shared->status),
    };
    enum guardian_event event = GUARDIAN_NOTHING;

    if (first(launch == GUARDIAN_LAUNCH_DONE, &guardian->told_started)) {
        event = GUARDIAN_STARTED;
    } else if (first(atomic_load(&shared->ending), &guardian->told_ending)) {
        event = GUARDIAN_ENDING;
    } else if (!over && first(survivor != 0, &guardian->told_survivor)) {
        event = GUARDIAN_SURVIVOR;
        seen.pid = survivor;
    } else if (first(over, &guardian->told_end)) {
        event = launch >= GUARDIAN_LAUNCH_NO_EXEC ? GUARDIAN_NOT_STARTED : GUARDIAN_ENDED;
    }
    *ret_seen = seen;
    return event;
}

bool guardian_died(struct guardian *guardian)
{
    look(guardian);
    return guardian->gone;
}

void guardian_finish(struct guardian *guardian)
{
    if (!guardian || guardian->pid == 0)
        return;
    if (!guardian->gone) {
        /* nothing is left for it to do, and stopped or not it obeys this */
        (void)kill(guardian->pid, SIGKILL);
        while (waitpid(guardian->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    (void)pthread_mutex_destroy(&guardian->deadlines); /* nobody holds it */
    release_all(guardian);
}
