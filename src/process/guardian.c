#include "process/guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "process/child.h"
#include "process/guardian_process.h"
#include "process/guardian_watch.h"
#include "process/job.h"
#include "process/prompt.h"

#define FINISH_MS 1000 /* for a guardian that was killed to end; if it hangs we do not wait */

static const struct guardian closed = {
    .socket = -1,
    .term.fd = -1,
    .kill.fd = -1,
    .wake.fd = -1,
    .command = {.fd = -1},
    .epoll = -1,
};

static void release_all(struct guardian *guardian)
{
    file_close(&guardian->epoll);
    file_close(&guardian->socket);
    timer_close(&guardian->term);
    timer_close(&guardian->kill);
    timer_close(&guardian->wake);
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

/* EPOLLET: a timer that has passed stays readable, but is to wake us only once. */
static int open_all(struct guardian *guardian, struct error *err)
{
    guardian->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (guardian->epoll < 0)
        return error_system(err, errno, "creating an event descriptor");
    guardian->shared = map_shared(sizeof(*guardian->shared));
    if (!guardian->shared)
        return error_system(err, errno, "mapping memory");
    if (timer_open(&guardian->term, &guardian->shared->term_at_ms, err) != 0 ||
        timer_open(&guardian->kill, &guardian->shared->kill_at_ms, err) != 0 ||
        timer_open(&guardian->wake, &guardian->shared->wake_at_ms, err) != 0 ||
        watch(guardian, guardian->term.fd, EPOLLIN | EPOLLET, err) != 0 ||
        watch(guardian, guardian->kill.fd, EPOLLIN | EPOLLET, err) != 0 ||
        watch(guardian, guardian->wake.fd, EPOLLIN | EPOLLET, err) != 0)
        return -1;
    return watch(guardian, guardian->socket, EPOLLIN | EPOLLET, err);
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
        .term = guardian->term,
        .kill = guardian->kill,
    };
    if (prompt_share(err) != 0)
        return -1;
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        return error_system(err, errno,
                            "this kernel, or what emulates it, has no subreapers: what the command "
                            "starts could not be ended with it");
    pid_t pid = fork();
    if (pid < 0)
        return error_system(err, errno, "starting the guardian process");
    if (pid == 0) {
        /* withlock's end: with a copy of it open the guardian would never see it close */
        file_close(&guardian->socket);
        file_close(&guardian->epoll);
        timer_close(&guardian->wake);
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
    sweep_init(&fresh.ending.sweep);
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
    (void)guardian_request(guardian, GUARDIAN_ASK, 0);    /* fails only if the guardian is dead */
    return 0;
}

/* Once the command is to be ended nothing takes that back, not even a renewal that comes late. */
static bool deadlines_are_final(struct guardian *guardian)
{
    if (atomic_load(&guardian->shared->ending) ||
        (guardian->launched && timer_passed(&guardian->term)))
        guardian->deadlines_final = true;
    return guardian->deadlines_final;
}

int guardian_set_deadlines(struct guardian *guardian, struct mono term_at, struct mono kill_at)
{
    int result = 0;
    (void)pthread_mutex_lock(&guardian->deadlines); /* a plain mutex: cannot fail */
    if (!deadlines_are_final(guardian) &&
        (timer_set(&guardian->kill, kill_at) != 0 || timer_set(&guardian->term, term_at) != 0))
        result = -1;
    (void)pthread_mutex_unlock(&guardian->deadlines);
    return result;
}

bool guardian_end_command(struct guardian *guardian, int64_t kill_after_ms)
{
    struct mono now = mono_now();
    (void)pthread_mutex_lock(&guardian->deadlines); /* a plain mutex: cannot fail */
    bool first = !deadlines_are_final(guardian);
    if (first) {
        struct mono kill_at = mono_min(mono_add(now, kill_after_ms), timer_moment(&guardian->kill));
        guardian->deadlines_final = true;
        (void)timer_set(&guardian->kill,
                        kill_at); /* on failure the earlier deadlines still count */
        (void)timer_set(&guardian->term, now);
    }
    (void)pthread_mutex_unlock(&guardian->deadlines);
    return first;
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
    if (guardian->gone || guardian_request(guardian, GUARDIAN_LAUNCH, 0) != 0)
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

static struct job job_of(const struct guardian *guardian)
{
    return (struct job){
        .terminal = guardian->terminal,
        .session_leader = getsid(0) == getpid(),
        .self = getpid(),
        .guardian = guardian->pid,
    };
}

/* If the command was stopped since the last call, this process stops as well, as a job does. */
static void follow_stop(struct guardian *guardian)
{
    struct guardian_shared *shared = guardian->shared;
    unsigned stops = atomic_load(&shared->stops);
    int signal = atomic_load(&shared->stop_signal);
    bool news = stops != guardian->stops_seen;
    guardian->stops_seen = stops;
    if (!news || !signal || guardian_is_over(guardian) || guardian->gone)
        return;
    struct job job = job_of(guardian);
    switch (job_stop_along(&job, atomic_load(&shared->command), signal)) {
    case JOB_HANG_UP:
        (void)guardian_request(guardian, GUARDIAN_SIGNAL,
                               SIGHUP); /* fails only with the guardian */
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
    if (!guardian->launched || guardian->gone || guardian_is_over(guardian) ||
        !job_forwards(&job, seen))
        return;
    (void)guardian_request(guardian, GUARDIAN_SIGNAL, seen->number); /* fails only if it is dead */
}

/* True at the first call at which the condition holds; *told remembers that. */
static bool first(bool condition, bool *told)
{
    bool news = condition && !*told;
    *told = *told || condition;
    return news;
}

enum guardian_event guardian_next(struct guardian *guardian, struct guardian_seen *ret_seen)
{
    const struct guardian_shared *shared = guardian->shared;
    guardian_watch(guardian);
    follow_stop(guardian);
    /* The order matters: "over" and "launch" are written after the fields that they announce, and
     * so are read before them. */
    bool over = guardian_is_over(guardian);
    enum guardian_launch_state launch = guardian_launch_state(guardian);
    pid_t survivor = atomic_load(&shared->survivor), refused = atomic_load(&shared->refused);
    struct guardian_seen seen = {
        .pid = atomic_load(&shared->command),
        .exec = launch == GUARDIAN_LAUNCH_NO_EXEC,
        .os_errno = atomic_load(&shared->launch_errno),
        .guardian_died = guardian->gone,
        .status = atomic_load(&shared->status),
    };
    enum guardian_event event = GUARDIAN_NOTHING;

    if (first(launch == GUARDIAN_LAUNCH_DONE, &guardian->told[GUARDIAN_STARTED])) {
        event = GUARDIAN_STARTED;
    } else if (first(atomic_load(&shared->ending), &guardian->told[GUARDIAN_ENDING])) {
        event = GUARDIAN_ENDING;
    } else if (!over && first(refused != 0, &guardian->told[GUARDIAN_REFUSED])) {
        event = GUARDIAN_REFUSED;
        seen.pid = refused;
    } else if (!over && first(survivor != 0, &guardian->told[GUARDIAN_SURVIVOR])) {
        event = GUARDIAN_SURVIVOR;
        seen.pid = survivor;
    } else if (first(over, &guardian->told[GUARDIAN_ENDED])) {
        event = launch >= GUARDIAN_LAUNCH_NO_EXEC ? GUARDIAN_NOT_STARTED : GUARDIAN_ENDED;
    }
    *ret_seen = seen;
    return event;
}

bool guardian_died(struct guardian *guardian)
{
    guardian_watch(guardian);
    return guardian->gone;
}

void guardian_finish(struct guardian *guardian)
{
    if (!guardian->pid)
        return;
    if (!guardian->gone) {
        /* SIGKILL, for it ends a stopped process as well, and there is nothing left to do */
        atomic_store(&guardian->shared->dismissed, true);
        (void)kill(guardian->pid, SIGKILL);
        (void)child_reap(guardian->pid, mono_add(mono_now(), FINISH_MS), NULL);
    }
    (void)pthread_mutex_destroy(&guardian->deadlines); /* nobody holds it */
    release_all(guardian);
}
