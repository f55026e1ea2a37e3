#include "options_check.h"

#include "options_value.h"

#define DEFAULT_T_MS    900000
#define DEFAULT_KILL_MS 10000

#define JSON_GOES_WITH  "--json goes with --status, --list and --check"
#define WATCH_GOES_WITH "--watch goes with --status and --list"

/* A time that may be no more than a share of the lock timeout. */
static int check_share(const char *option, int64_t ms, int64_t timeout_ms, int64_t share,
                       const char *share_name, struct error *err)
{
    char value[32], limit[32];
    if (ms <= timeout_ms / share)
        return 0;
    options_seconds(timeout_ms / share, limit, sizeof(limit));
    options_seconds(ms, value, sizeof(value));
    return error_set(err, ERROR_USAGE, "--%s '%s' is more than %s s, a %s of the lock timeout",
                     option, value, limit, share_name);
}

static int bad_pair(const char *option, int64_t ms, const char *other, int64_t limit_ms,
                    struct error *err)
{
    char value[32], limit[32];
    options_seconds(ms, value, sizeof(value));
    options_seconds(limit_ms, limit, sizeof(limit));
    return error_set(err, ERROR_USAGE, "--%s '%s' is more than --%s of %s s", option, value, other,
                     limit);
}

/* A hold lasts no less than --min-hold and no more than --max-hold, whatever --expect said. */
static int64_t expected(const struct options *options)
{
    int64_t ms = options->lock.expect_ms;
    if (ms)
        ms = ms_max(ms, options->min_hold_ms);
    return options->max_hold_ms ? ms_min(ms, options->max_hold_ms) : ms;
}

/* Defaults that depend on other settings, and the bounds between settings. */
static int check_times(struct options *options, struct error *err)
{
    int64_t timeout_ms = options->lock.lock_timeout_ms;
    if (options->lock.role_timeout_ms < 0)
        options->lock.role_timeout_ms = ms_max(timeout_ms, DEFAULT_T_MS);
    if (options->lock.kill_after_ms < 0)
        options->lock.kill_after_ms = ms_min(timeout_ms / 5, DEFAULT_KILL_MS);
    if (options->lock.role_timeout_ms < timeout_ms)
        return error_set(
            err, ERROR_USAGE, "--role-timeout '%lld' is less than the lock timeout of %lld s",
            (long long)(options->lock.role_timeout_ms / 1000), (long long)(timeout_ms / 1000));
    if (options->max_hold_ms && options->min_hold_ms > options->max_hold_ms)
        return bad_pair("min-hold", options->min_hold_ms, "max-hold", options->max_hold_ms, err);
    options->lock.expect_ms = expected(options);
    if (check_share("settle", options->lock.settle_ms, timeout_ms, 10, "tenth", err) != 0)
        return -1;
    return check_share("kill-after", options->lock.kill_after_ms, timeout_ms, 3, "third", err);
}

/* Something is to be shown or done about the lock, instead of a command under it. */
static bool is_inspection(const struct options *options)
{
    return options->status || options->list || options->break_id || options->check;
}

static int check_inspection(const struct options *options, struct error *err)
{
    bool breaks = options->break_id != NULL, watchable = options->status || options->list;
    const char *what = options->status  ? "status"
                       : options->list  ? "list"
                       : options->check ? "check"
                                        : "break";
    if (options->shell_command || options->command)
        return error_set(
            err, ERROR_USAGE, "--%s takes no command '%s'", what,
            options_shown(options->command ? options->command[0] : options->shell_command));
    if (options->status + options->list + options->check + breaks > 1)
        return error_set(err, ERROR_USAGE,
                         "only one of --status, --list, --check and --break at once");
    if (options->json && breaks)
        return error_set(err, ERROR_USAGE, JSON_GOES_WITH);
    if (options->watch_ms && !watchable)
        return error_set(err, ERROR_USAGE, WATCH_GOES_WITH);
    if (breaks && !*options->break_id)
        return error_set(err, ERROR_USAGE, "--break: the ID is empty");
    return 0;
}

/* The words that name the lock and this contender. */
static int check_names(struct options *options, struct error *err)
{
    const char *prefix = options->lock.prefix, *id = options->lock.id;
    if (!prefix && options->list)
        return 0;
    if (!prefix && options->command)
        return error_set(err, ERROR_USAGE,
                         "no lock named: give -p PREFIX or set WITHLOCK_PREFIX; '%s' was taken for "
                         "the command",
                         options_shown(options->command[0]));
    if (!prefix)
        return error_set(err, ERROR_USAGE,
                         "no lock named: give -p PREFIX or set WITHLOCK_PREFIX "
                         "(try 'withlock --help')");
    if (attempt_check_prefix(prefix, err) != 0 || (id && attempt_check_id(id, err) != 0))
        return -1;
    if (options->label)
        attempt_label(options->label, options->label_tag);
    options->lock.label = options->label_tag;
    return id ? attempt_check_length(prefix, id, options->label_tag, err) : 0;
}

int options_check(struct options *options, struct error *err)
{
    options->lock.limits_waiters = options->lock.max_waiters != OPTIONS_NO_LIMIT;
    if (check_names(options, err) != 0 || check_times(options, err) != 0)
        return -1;
    if (is_inspection(options))
        return check_inspection(options, err);
    if (options->lock.shared && options->lock.slots)
        return error_set(err, ERROR_USAGE,
                         "--slots '%u' with --shared: as many as like may share a lock",
                         options->lock.slots);
    if (options->yes)
        return error_set(err, ERROR_USAGE, "--yes goes with --break");
    if (options->json)
        return error_set(err, ERROR_USAGE, JSON_GOES_WITH);
    if (options->watch_ms)
        return error_set(err, ERROR_USAGE, WATCH_GOES_WITH);
    if (options->shell_command && options->command)
        return error_set(err, ERROR_USAGE, "--command and a command '%s' at once: which one?",
                         options_shown(options->command[0]));
    if (!options->shell_command && !options->command)
        return error_set(err, ERROR_USAGE, "no command to run (try 'withlock --help')");
    return 0;
}
