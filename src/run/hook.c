#include "run/hook.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/report.h"
#include "base/wait.h"
#include "process/child.h"
#include "process/helper.h"

#define REASON "WITHLOCK_LOST_REASON="

static bool has_name_of(const char *variable, const char *other)
{
    size_t length = strcspn(other, "=");
    return strncmp(variable, other, length) == 0 && variable[length] == '=';
}

static size_t count(const char *const *variables)
{
    size_t many = 0;
    while (variables[many])
        many++;
    return many;
}

/*
 * Our environment, with these variables in the place of those of the same names. The caller frees
 * the array; its strings are borrowed. NULL without memory.
 */
static char **merge(const char *const *variables)
{
    size_t more = count(variables), all = 0;
    char **merged = calloc(count((const char *const *)environ) + more + 1, sizeof(*merged));
    if (!merged)
        return NULL;
    for (char **own = environ; *own; own++) {
        bool replaced = false;
        for (size_t i = 0; i < more; i++)
            replaced |= has_name_of(*own, variables[i]);
        if (!replaced)
            merged[all++] = *own;
    }
    for (size_t i = 0; i < more; i++)
        merged[all++] = (char *)variables[i];
    return merged;
}

/* Starts it by /bin/sh, in the environment that merge() makes. A failure is reported here. */
static void start(struct hook *hook, const char *option, const char *command,
                  const char *const *variables)
{
    struct error why;
    pid_t pid = 0;
    char *words[] = {(char *)"/bin/sh", (char *)"-c", (char *)command, NULL};
    char **environment = merge(variables);
    struct helper_plan plan = {words, environment, false, -1, -1};
    int failure = environment ? helper_spawn(&plan, &pid) : ENOMEM;
    free(environment);
    *hook = (struct hook){.option = option, .process = PIDFD_NONE};
    if (failure) {
        (void)error_system(&why, failure, "--%s cannot be run", option);
        report(REPORT_WARNING, "warning: %s", why.text);
        return;
    }
    hook->running = true;
    hook->deadline = mono_add(mono_now(), HOOK_LIMIT_MS);
    if (!pidfd_open_process(pid, &hook->process))
        hook->process.pid = pid; /* somebody else has reaped it: that is an end */
}

int hook_fd(const struct hook *hook)
{
    return hook->running ? hook->process.fd : -1;
}

struct mono hook_look_at(const struct hook *hook)
{
    if (!hook->running)
        return MONO_NEVER;
    return mono_min(hook->deadline, pidfd_look_at(&hook->process, mono_now()));
}

static void end(struct hook *hook)
{
    if (!hook->running)
        return;
    hook->running = false;
    helper_end(hook->process.pid);
    pidfd_close(&hook->process);
}

static void tell_status(const struct hook *hook, int status)
{
    if (WIFSIGNALED(status))
        report(REPORT_WARNING, "warning: --%s was ended by signal %d", hook->option,
               WTERMSIG(status));
    else if (WEXITSTATUS(status))
        report(REPORT_WARNING, "warning: --%s failed with status %d", hook->option,
               WEXITSTATUS(status));
}

void hook_look(struct hook *hook)
{
    int status = 0;
    if (!hook->running)
        return;
    if (pidfd_has_ended(&hook->process) && child_reap(hook->process.pid, mono_now(), &status)) {
        hook->running = false;
        pidfd_close(&hook->process);
        tell_status(hook, status);
    } else if (mono_reached(mono_now(), hook->deadline)) {
        report(REPORT_WARNING, "warning: --%s took longer than %d s; it was killed", hook->option,
               HOOK_LIMIT_MS / 1000);
        end(hook);
    }
}

/* Until it does not run any more. False if the wakeup source asked for an end: it runs on. */
static bool wait_for(struct hook *hook, const struct wakeup_source *wakeup)
{
    while (!wakeup_asked(wakeup)) {
        hook_look(hook);
        if (!hook->running)
            return true;
        struct pollfd fds[] = {{.fd = hook_fd(hook), .events = POLLIN},
                               {.fd = wakeup->fd, .events = POLLIN}};
        (void)wait_ready(fds, 2, hook_look_at(hook)); /* all are looked at anyway */
    }
    return false;
}

/* A signal that ends the wait for the lock ends this as well. */
int hook_run_acquired(const char *command, const struct held *held, const struct signals *signals)
{
    struct hook hook = {0};
    struct interruption interruption = {.signals = signals};
    struct wakeup_source source = interruption_wakeup(&interruption);
    if (!command)
        return 0;
    start(&hook, "on-acquire", command, (const char *const *)held->variables);
    if (!wait_for(&hook, &source))
        end(&hook);
    return interruption.number;
}

void hook_start_lost(struct hook *hook, const char *command, const struct held *held,
                     const char *reason)
{
    char variable[ERROR_TEXT_BYTES + sizeof(REASON)];
    const char *variables[HELD_VARIABLES + 2] = {0};
    if (!command || hook->option)
        return;
    for (int i = 0; i < HELD_VARIABLES; i++)
        variables[i] = held->variables[i];
    (void)snprintf(variable, sizeof(variable), REASON "%s", reason); /* fits */
    variables[HELD_VARIABLES] = variable;
    start(hook, "on-lost-run", command, variables);
}

void hook_finish(struct hook *hook)
{
    struct wakeup_source nothing = {.fd = -1};
    (void)wait_for(hook, &nothing); /* nothing asks for an earlier end */
}
