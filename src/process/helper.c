#include "process/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/wait.h"
#include "process/child.h"
#include "process/descriptors.h"
#include "process/pidfd.h"
#include "process/sweep.h"

#define CHUNK_BYTES 4096

/* A program that runs. Descriptors are -1 when closed. */
struct helper {
    pid_t pid;
    struct pidfd pidfd;
    int output_fd, messages_fd;
};

/* The context of add_closing(): what to add to, and the errno of what failed first. */
struct closing {
    posix_spawn_file_actions_t *actions;
    int failure;
};

static void add_closing(int fd, void *context)
{
    struct closing *closing = context;
    int failure = posix_spawn_file_actions_addclose(closing->actions, fd);
    /* One that was opened before the limit was lowered (ulimit -n) cannot be named; it stays. */
    if (!closing->failure && failure != EBADF)
        closing->failure = failure;
}

/* Descriptors of withlock's caller are not passed on to a helper. musl has no closefrom action. */
static int close_inherited(posix_spawn_file_actions_t *actions)
{
    struct closing closing = {.actions = actions};
    descriptors_visit(STDERR_FILENO + 1, add_closing, &closing);
    return closing.failure;
}

/* Standard input is /dev/null. 0 or an errno. */
static int set_files(posix_spawn_file_actions_t *actions, int null, const struct helper_plan *plan)
{
    int failure = posix_spawn_file_actions_adddup2(actions, null, STDIN_FILENO);
    int output = plan->output_fd < 0 ? STDERR_FILENO : plan->output_fd;
    if (!failure)
        failure = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
    if (!failure && plan->messages_fd >= 0)
        failure = posix_spawn_file_actions_adddup2(actions, plan->messages_fd, STDERR_FILENO);
    return failure ? failure : close_inherited(actions);
}

int helper_spawn(const struct helper_plan *plan, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    short flags = POSIX_SPAWN_SETSIGMASK;
    if (plan->quiet)
        flags = (short)(flags | POSIX_SPAWN_SETSID);
    (void)sigemptyset(&none); /* these fail for bad signal numbers only */
    int failure = posix_spawn_file_actions_init(&actions);
    if (failure)
        return failure;
    failure = posix_spawnattr_init(&attributes);
    if (failure) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return failure;
    }
    int null = descriptors_open_null(O_RDONLY);
    failure = null < 0 ? errno : set_files(&actions, null, plan);
    if (!failure && !(failure = posix_spawnattr_setsigmask(&attributes, &none)) &&
        !(failure = posix_spawnattr_setflags(&attributes, flags)))
        failure = posix_spawnp(ret_pid, plan->words[0], &actions, &attributes, (char **)plan->words,
                               (char **)plan->environment);
    file_close(&null);
    (void)posix_spawnattr_destroy(&attributes); /* cannot fail on Linux, nor the next */
    (void)posix_spawn_file_actions_destroy(&actions);
    return failure;
}

void helper_end(pid_t pid)
{
    struct sweep below = {.root = pid};
    (void)kill(pid, SIGSTOP);                  /* not reaped yet: the pid is still its own */
    (void)sweep_signal(&below, SIGKILL, NULL); /* one that is missed can only write to no reader */
    (void)kill(pid, SIGKILL);
    /* one that hangs in the kernel stays behind as our child: nothing waits for it any more */
    (void)child_reap(pid, mono_add(mono_now(), HELPER_END_MS), NULL);
}

/*
 * Reads all that is there now. False once the writing end is closed, or reading fails. keep_end:
 * drop what was read before rather than exceed the buf's limit.
 */
static bool drain(int fd, struct buf *out, bool keep_end)
{
    char chunk[CHUNK_BYTES];
    ssize_t got;
    while ((got = read(fd, chunk, sizeof(chunk))) > 0 || (got < 0 && errno == EINTR)) {
        if (got < 0)
            continue;
        if (keep_end && out->length + (size_t)got > out->limit_bytes)
            buf_clear(out);
        buf_add(out, chunk, (size_t)got); /* the buf remembers a failure; the caller asks it */
    }
    int failure = errno;
    wipe(chunk, sizeof(chunk));
    return got < 0 && failure == EAGAIN;
}

/*
 * Reads until the program itself has ended, not until the pipes are closed: its children may have
 * them open for longer.
 */
static int follow(struct helper *helper, struct mono deadline, const struct wakeup_source *wakeup,
                  struct helper_result *result, struct error *err)
{
    bool ended = false;
    if (wakeup_asked(wakeup))
        return error_set(err, ERROR_LATER, "given up");
    while (!ended) {
        struct pollfd fds[] = {
            {.fd = helper->output_fd, .events = POLLIN},
            {.fd = helper->messages_fd, .events = POLLIN},
            {.fd = helper->pidfd.fd, .events = POLLIN},
            {.fd = wakeup->fd, .events = POLLIN},
        };
        struct mono look_at = pidfd_look_at(&helper->pidfd, mono_now());
        (void)wait_ready(fds, 4, mono_min(deadline, look_at)); /* all are looked at anyway */
        if (wakeup_asked(wakeup))
            return error_set(err, ERROR_LATER, "given up");
        ended = pidfd_has_ended(&helper->pidfd);
        if (helper->output_fd >= 0 && !drain(helper->output_fd, &result->output, false))
            file_close(&helper->output_fd);
        if (helper->messages_fd >= 0 && !drain(helper->messages_fd, &result->messages, true))
            file_close(&helper->messages_fd);
        if (buf_check(&result->output, "its output", err) != 0) {
            err->kind = ERROR_CONFIG;
            return -1;
        }
        if (!ended && mono_reached(mono_now(), deadline))
            return error_set(err, ERROR_LATER, "it did not end in time");
    }
    return 0;
}

static int open_pipes(int output[2], int messages[2], struct error *err)
{
    if (pipe2(output, O_CLOEXEC) != 0)
        return error_system(err, errno, "making a pipe");
    if (pipe2(messages, O_CLOEXEC) != 0) {
        int failure = errno;
        file_close(&output[0]);
        file_close(&output[1]);
        return error_system(err, failure, "making a pipe");
    }
    (void)fcntl(output[0], F_SETFL, O_NONBLOCK); /* cannot fail on a pipe of our own */
    (void)fcntl(messages[0], F_SETFL, O_NONBLOCK);
    return 0;
}

int helper_run(char *const *words, bool quiet, struct mono deadline,
               const struct wakeup_source *wakeup, struct helper_result *ret_result,
               struct error *err)
{
    struct helper_result result = {
        .output = BUF_SECRET(HELPER_OUTPUT_BYTES),
        .messages = BUF_SECRET(HELPER_MESSAGES_BYTES),
    };
    struct helper helper = {.pidfd = PIDFD_NONE};
    struct error local;
    int output[2], messages[2], done = -1;
    if (!err)
        err = &local;
    if (open_pipes(output, messages, err) != 0)
        return -1;
    struct helper_plan plan = {words, environ, quiet, output[1], messages[1]};
    int failure = helper_spawn(&plan, &helper.pid);
    file_close(&output[1]);
    file_close(&messages[1]);
    helper.output_fd = output[0];
    helper.messages_fd = messages[0];
    if (!failure && !pidfd_open_process(helper.pid, &helper.pidfd))
        helper.pidfd.pid = helper.pid; /* somebody else has reaped it: that is an end */
    if (failure) {
        (void)error_system(err, failure, "'%s' cannot be run", words[0]); /* told by done */
        err->kind = ERROR_CONFIG;
    } else if (follow(&helper, deadline, wakeup, &result, err) != 0) {
        (void)error_add(err, "'%s'", words[0]);
        helper_end(helper.pid);
    } else {
        int status = 0; /* stays if somebody else has reaped it: then only its output counts */
        (void)child_reap(helper.pid, mono_now(), &status);
        result.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        done = 0;
    }
    pidfd_close(&helper.pidfd);
    file_close(&helper.output_fd);
    file_close(&helper.messages_fd);
    if (done == 0)
        *ret_result = result;
    else
        helper_result_free(&result);
    return done;
}

void helper_result_free(struct helper_result *result)
{
    if (!result)
        return;
    buf_free(&result->output);
    buf_free(&result->messages);
}
