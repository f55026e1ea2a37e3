/*
 * run-child - the layer below supervise, alone: signals, child and guardian without a lock.
 *
 *     run-child [OPTIONS] COMMAND [ARG...]
 *
 * A thread stands for the heartbeat: with --lease it moves the deadlines on every third of the
 * lease, --renewals times (default: for ever). What happens is appended to the --log file as lines
 * of a word, the writer's pid and the pid it is about. Exit status as withlock's: 74 if the command
 * was ended for us.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "exit_status.h"
#include "process/child.h"
#include "process/descriptors.h"
#include "process/guardian.h"
#include "process/signals.h"

#define VARIABLES_MAX 16

struct options {
    const char *log;
    int64_t kill_after_ms;
    int64_t lease_ms;     /* 0: none */
    long renewals;        /* -1: for ever */
    int64_t end_after_ms; /* -1: never */
    const char *variables[VARIABLES_MAX + 1];
    int variable_count;
};

static struct options options = {.kill_after_ms = 1000, .renewals = -1, .end_after_ms = -1};

struct heartbeat {
    struct guardian *guardian;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool stop;
};

static void note(const char *word, pid_t pid)
{
    char line[128];
    int length = snprintf(line, sizeof(line), "%s %d %d\n", word, (int)getpid(), (int)pid);
    int fd = options.log ? open(options.log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666) : -1;
    if (fd < 0)
        return;
    if (write(fd, line, (size_t)length) != length)
        abort();
    (void)close(fd);
}

static void release(void *context)
{
    (void)context;
    note("release", 0);
}

static void renew(struct guardian *guardian)
{
    struct mono end = mono_add(mono_now(), options.lease_ms);
    if (guardian_set_deadlines(guardian, mono_add(end, -options.kill_after_ms), end) != 0)
        abort();
}

static void *beat(void *context)
{
    struct heartbeat *heart = context;
    (void)pthread_mutex_lock(&heart->mutex);
    for (long i = 0; !heart->stop && i != options.renewals; i++) {
        struct timespec until;
        int64_t third_ms = options.lease_ms / 3;
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += third_ms / 1000;
        until.tv_nsec += third_ms % 1000 * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        int result = 0;
        while (!heart->stop && result != ETIMEDOUT)
            result = pthread_cond_timedwait(&heart->wake, &heart->mutex, &until);
        if (!heart->stop)
            renew(heart->guardian);
    }
    (void)pthread_mutex_unlock(&heart->mutex);
    return NULL;
}

/* Returns the exit status once the command has ended, -1 before. */
static int attend(struct guardian *guardian, bool *ending)
{
    struct guardian_seen seen;
    for (;;) {
        switch (guardian_next(guardian, &seen)) {
        case GUARDIAN_NOTHING:
            return -1;
        case GUARDIAN_STARTED:
            note("started", seen.pid);
            break;
        case GUARDIAN_ENDING:
            *ending = true;
            note("ending", seen.pid);
            break;
        case GUARDIAN_REFUSED:
            note("refused", seen.pid);
            break;
        case GUARDIAN_SURVIVOR:
            note("survivor", seen.pid);
            break;
        case GUARDIAN_NOT_STARTED:
            fprintf(stderr, "run-child: cannot run the command: %s\n", strerror(seen.os_errno));
            return seen.exec ? child_exec_status(seen.os_errno) : EXIT_STATUS_SYSTEM;
        case GUARDIAN_ENDED:
            note("ended", seen.pid);
            return *ending ? EXIT_STATUS_LOST : seen.status;
        }
    }
}

static int supervise(struct guardian *guardian, const struct signals *signals)
{
    struct mono end_at =
        options.end_after_ms < 0 ? MONO_NEVER : mono_add(mono_now(), options.end_after_ms);
    bool ending = false;
    for (;;) {
        struct pollfd fds[] = {{signals->fd, POLLIN, 0}, {guardian_fd(guardian), POLLIN, 0}};
        int64_t left = mono_diff(end_at, mono_now());
        int wait = end_at.ms == MONO_NEVER.ms ? -1 : left < 0 ? 0 : (int)left;
        if (poll(fds, 2, wait) == 0) {
            guardian_end_command(guardian, options.kill_after_ms);
            end_at = MONO_NEVER;
        }
        struct signals_seen seen;
        while (signals_next(signals, &seen))
            guardian_forward(guardian, &seen);
        int status = attend(guardian, &ending);
        if (status >= 0)
            return status;
    }
}

static int run(struct guardian *guardian, const struct signals *signals, struct error *err)
{
    struct heartbeat heart = {guardian, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    pthread_t thread;
    bool beating = options.lease_ms > 0;
    if (beating)
        renew(guardian);
    if (beating && pthread_create(&thread, NULL, beat, &heart) != 0)
        return error_set(err, ERROR_SYSTEM, "no thread");
    int status = guardian_launch(guardian, options.variables, err);
    if (status == 0)
        status = supervise(guardian, signals);
    if (beating) {
        (void)pthread_mutex_lock(&heart.mutex);
        heart.stop = true;
        (void)pthread_cond_signal(&heart.wake);
        (void)pthread_mutex_unlock(&heart.mutex);
        (void)pthread_join(thread, NULL);
    }
    return status;
}

static int usage(void)
{
    fputs("usage: run-child [--log F] [--kill-after MS] [--lease MS] [--renewals N]\n"
          "                 [--end-after MS] [--variable NAME=VALUE] COMMAND [ARG...]\n",
          stderr);
    return EXIT_STATUS_USAGE;
}

static int parse(int argc, char **argv)
{
    static const struct option known[] = {{"log", required_argument, NULL, 'g'},
                                          {"kill-after", required_argument, NULL, 'k'},
                                          {"lease", required_argument, NULL, 'l'},
                                          {"renewals", required_argument, NULL, 'r'},
                                          {"end-after", required_argument, NULL, 'e'},
                                          {"variable", required_argument, NULL, 'v'},
                                          {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "+", known, NULL)) != -1) {
        long number = optarg ? strtol(optarg, NULL, 10) : 0;
        if (option == 'g')
            options.log = optarg;
        else if (option == 'k')
            options.kill_after_ms = number;
        else if (option == 'l')
            options.lease_ms = number;
        else if (option == 'r')
            options.renewals = number;
        else if (option == 'e')
            options.end_after_ms = number;
        else if (option == 'v' && options.variable_count < VARIABLES_MAX)
            options.variables[options.variable_count++] = optarg;
        else
            return -1;
    }
    return optind < argc ? optind : -1;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct signals signals;
    struct guardian guardian = {0};
    char file[PATH_MAX];
    if (descriptors_hold_standard(&err) != 0 || signals_init(&signals, &err) != 0) {
        fprintf(stderr, "run-child: %s\n", err.text);
        return EXIT_STATUS_SYSTEM;
    }
    int first = parse(argc, argv);
    if (first < 0)
        return usage();
    enum child_find_result found = child_find(argv[first], getenv("PATH"), file, &err);
    if (found != CHILD_FOUND) {
        fprintf(stderr, "run-child: %s\n", err.text);
        return found == CHILD_NOT_FOUND ? EXIT_STATUS_NOT_FOUND : EXIT_STATUS_NOT_EXECUTABLE;
    }
    struct guardian_settings settings = {
        .file = file,
        .argv = argv + first,
        .signals = &signals,
        .kill_after_ms = options.kill_after_ms,
        .release = release,
    };
    int status = guardian_start(&guardian, &settings, &err);
    note("guardian", guardian.pid);
    if (status == 0)
        status = run(&guardian, &signals, &err);
    if (status < 0)
        fprintf(stderr, "run-child: %s\n", err.text);
    guardian_finish(&guardian);
    note("finished", 0);
    signals_free(&signals);
    return status < 0 ? EXIT_STATUS_SYSTEM : status;
}
