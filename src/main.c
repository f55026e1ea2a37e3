/* main - words in, exit status out; the only place that prints the final error and exits. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/report.h"
#include "base/text.h"
#include "cli/hint.h"
#include "cli/options.h"
#include "exit_status.h"
#include "inspect/break.h"
#include "inspect/check.h"
#include "inspect/list.h"
#include "inspect/status.h"
#include "inspect/watch.h"
#include "net/http.h"
#include "process/descriptors.h"
#include "process/signals.h"
#include "process/stack.h"
#include "run/supervise.h"

#define VERSION_BYTES 256

static const char *environment(const char *name)
{
    return getenv(name);
}

static int print(const char *text)
{
    int failed = !text || fputs(text, stdout) < 0 || fflush(stdout) != 0;
    if (failed)
        report(REPORT_ERROR, "cannot write to standard output");
    return failed ? EXIT_STATUS_SYSTEM : 0;
}

/* The libraries as they are loaded: what a report of a fault needs. */
static int print_version(void)
{
    char text[VERSION_BYTES];
    int yajl = json_version();
    (void)snprintf(text, sizeof(text), "withlock %s\nlibcurl %s, OpenSSL %s, yajl %d.%d.%d\n",
                   WITHLOCK_VERSION, http_version(), crypto_version(), yajl / 10000,
                   yajl / 100 % 100, yajl % 100);
    return print(text);
}

/* 0 if standard output is no terminal, or one that does not know. */
static unsigned terminal_columns(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* What is asked about the lock, instead of taking it. */
static int inspect(const struct options *options, const struct signals *signals, struct error *err)
{
    struct inspect_plan plan = {.prefix = options->lock.prefix ? options->lock.prefix : "",
                                .lock = &options->lock,
                                .aws = &options->aws,
                                .signals = signals,
                                .environment = environment,
                                .tags = options->tags,
                                .all_levels = options->list,
                                .columns = terminal_columns()};
    inspect_show_fn *show = options->list ? list_show : status_show;
    CLEAN(buf) struct buf out = BUF(STATUS_BYTES);
    if (options->watch_ms)
        return watch_run(&plan, show, options->json, options->watch_ms, err);
    int status = options->check      ? check_lock(&plan, options->json, &out, err)
                 : options->break_id ? break_run(&plan, options->break_id, options->yes, &out, err)
                                     : inspect_run(&plan, show, options->json, &out, err);
    if (fputs(buf_text(&out), stdout) < 0 || fflush(stdout) != 0)
        return error_exit_status(
            (error_system(err, errno, "writing to standard output"), err->kind));
    return status;
}

static int run(const struct options *options, const struct signals *signals, struct error *err)
{
    const char *shell = environment("SHELL");
    char *shell_words[] = {(char *)(shell && *shell ? shell : "/bin/sh"), (char *)"-c",
                           (char *)options->shell_command, NULL};
    struct supervise_plan plan = {
        .argv = options->shell_command ? shell_words : options->command,
        .aws = &options->aws,
        .lock = &options->lock,
        .tags = options->tags,
        .wait_ms = options->wait_ms,
        .min_hold_ms = options->min_hold_ms,
        .max_hold_ms = options->max_hold_ms,
        .on_acquire = options->on_acquire,
        .on_lost_run = options->on_lost_run,
        .warn_on_lost = options->on_lost == OPTIONS_ON_LOST_WARN,
        .not_obtained_status = (int)options->conflict_exit_code,
        .environment = environment,
    };
    int status = supervise(&plan, signals, err);
    if (status == EXIT_STATUS_NOT_FOUND && err->kind != ERROR_NONE && options->command)
        hint_command(options->command, err);
    return status;
}

/* The last line of a run that failed. */
static void tell_failure(const struct error *err, int status)
{
    struct report_field fields[] = {{"status", NULL, status}};
    report_event(REPORT_ERROR, "failed", fields, 1, "%s", err->text);
}

/* A setting that is not read since its name is wrong would go unnoticed. */
static void warn_of_misnamed(void)
{
    char meant[OPTIONS_VARIABLE_BYTES], shown[OPTIONS_VARIABLE_BYTES];
    for (char **variable = environ; *variable; variable++) {
        if (!options_misnamed(*variable, meant))
            continue;
        struct text name = text_slice(*variable, strcspn(*variable, "="));
        report(REPORT_WARNING, "warning: %s is not read; %s is",
               text_printable(name, shown, sizeof(shown)), meant);
    }
}

/*
 * What thirty libraries do at the end of a process frees what the kernel takes back anyway:
 * a fiftieth of a short run. What was printed was flushed. Sanitizers have their last word there.
 */
static int leave(int status)
{
#ifdef LEAVE_AT_ONCE
    _exit(status);
#endif
    return status;
}

int main(int argc, char **argv)
{
    struct options options;
    struct signals signals = {.fd = -1};
    struct error err = {0};
    int status;
    if (options_parse(&options, argc, argv, environment, &err) != 0) {
        report_init(REPORT_NOTICE, options.log_format == OPTIONS_LOG_JSON);
        tell_failure(&err, error_exit_status(err.kind));
        return error_exit_status(err.kind);
    }
    if (options.action == OPTIONS_HELP) {
        char *help = options_help();
        status = print(help);
        free(help);
        return status;
    }
    if (options.action == OPTIONS_VERSION)
        return print_version();
    int level = options.quiet ? REPORT_ERROR : REPORT_NOTICE + (int)options.verbose;
    report_init((enum report_level)(level > REPORT_CALLS ? REPORT_CALLS : level),
                options.log_format == OPTIONS_LOG_JSON);
    warn_of_misnamed();
    if (stack_check_room(&err) != 0 || descriptors_hold_standard(&err) != 0 ||
        descriptors_check_room(&err) != 0 || signals_init(&signals, &err) != 0)
        status = error_exit_status(err.kind);
    else
        status = options.status || options.list || options.check || options.break_id
                     ? inspect(&options, &signals, &err)
                     : run(&options, &signals, &err);
    signals_free(&signals);
    if (err.kind != ERROR_NONE)
        tell_failure(&err, status);
    report_finish();
    return leave(status);
}
