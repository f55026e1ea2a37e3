#include "inspect/break.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "base/report.h"
#include "base/text.h"
#include "exit_status.h"
#include "inspect/status.h"
#include "lock/lock.h"
#include "process/prompt.h"

#define LIST_BYTES       (4 * 1024 * 1024)
#define SHOWN_BYTES      160
#define KILL_AFTER_MS    10000 /* what --kill-after is if nobody sets it, */
#define KILL_AFTER_SHARE 5     /* or this share of the timeout */

/* The contender to be broken, and what is known and done of that. */
struct broken {
    struct inspect inspect;
    const char *id;                      /* as it was given, or of the contender with that label */
    char label[ATTEMPT_LABEL_BYTES + 1]; /* as it would stand in names */
    char labelled[ATTEMPT_NAME_BYTES + 1]; /* the ID of the one contender with that label */
    struct buf names;                      /* of its attempts as they were shown, a line each */
    struct buf nonces;                     /* of its runs, a line each */
    struct buf unlocked;                   /* nonces of those whose mutex is deleted */
    char shown[SHOWN_BYTES];
    unsigned deleted;
};

static void add_line(struct buf *list, struct text line)
{
    buf_add(list, line.data, line.length);
    buf_add_char(list, '\n');
}

static bool has_line(const struct buf *list, struct text line)
{
    const char *at = buf_text(list);
    for (size_t length; *at; at += length + 1) {
        length = strcspn(at, "\n");
        if (length == line.length && (length == 0 || memcmp(at, line.data, length) == 0))
            return true;
    }
    return false;
}

static bool is_of_id(const struct survey_run *run, void *context)
{
    const struct broken *broken = context;
    return text_equal(run->attempt.id, broken->id);
}

static bool is_of_label(const struct survey_run *run, void *context)
{
    const struct broken *broken = context;
    return *broken->label && run->marked && text_equal(run->attempt.label, broken->label);
}

/*
 * If what was given is no contender's ID, but the label of just one, its ID is taken instead. False
 * if several have that label: they are shown, and nothing is to be broken.
 */
static bool resolve(struct broken *broken, const struct inspect_view *view, struct buf *out)
{
    const struct survey_run *labelled = NULL;
    unsigned contenders = 0;
    for (uint32_t i = 0; i < view->survey.count; i++) {
        const struct survey_run *run = &view->survey.runs[i];
        if (is_of_id(run, broken))
            return true;
        if (!is_of_label(run, broken) ||
            (labelled && text_same(labelled->attempt.id, run->attempt.id)))
            continue;
        labelled = run;
        contenders++;
    }
    if (contenders > 1) {
        status_table(view, broken->inspect.plan->columns, is_of_label, broken, out);
        report(REPORT_ERROR, "not broken: '%s' is the label of %u contenders: give an ID",
               broken->shown, contenders);
        return false;
    }
    if (labelled) {
        (void)text_printable(labelled->attempt.id, broken->labelled, sizeof(broken->labelled));
        (void)text_printable(labelled->attempt.id, broken->shown, sizeof(broken->shown));
        broken->id = broken->labelled;
    }
    return true;
}

/* One of the runs that were shown, not a later one of the same ID. */
static bool is_target(const struct survey_run *run, const struct broken *broken)
{
    return text_equal(run->attempt.id, broken->id) && has_line(&broken->nonces, run->attempt.nonce);
}

static void say_how_long(const struct survey_run *run, const struct inspect_view *view,
                         struct buf *out)
{
    int64_t timeout_ms = run->attempt.lock_timeout_ms, left_ms = run->expires_ms - view->now_ms;
    int64_t look_ms = ms_min(timeout_ms / LOCK_LOOK_SHARE, LOCK_LOOK_MAX_MS);
    int64_t kill_ms = ms_min(timeout_ms / KILL_AFTER_SHARE, KILL_AFTER_MS);
    char until[DATE_ISO_BYTES];
    date_write_iso((struct wall){run->expires_ms}, until);
    if (run->kind == SURVEY_WAITER)
        buf_add_text(
            out,
            "It waits. If it is alive it notices and queues again; to stop it end its process.\n");
    else if (run->kind == SURVEY_ABANDONED)
        buf_add_text(out, "It has expired: nobody waits for it any more.\n");
    else if (run->kind == SURVEY_STRANGER)
        buf_add_text(out, "It was not made by withlock. It may be a playbook's that waits; then "
                          "the playbook tries again by itself.\n");
    else if (!run->marked)
        buf_add_text(out, "It is not a withlock: it is not told, and its work goes on.\n");
    else
        buf_addf(out,
                 "Its command may still run for %lld s, until %s, when its lease ends.\n"
                 "If its withlock is alive it notices within %lld s and ends the command, "
                 "which takes --kill-after at most (%lld s if not set).\n",
                 (long long)(left_ms > 0 ? (left_ms + 999) / 1000 : 0), until,
                 (long long)look_ms / 1000 + 3, (long long)(kill_ms / 1000));
}

/* Fails if an unmarked log group is no attempt: that is not ours to delete. */
static int check_unmarked(struct broken *broken, const struct survey_run *run, struct text name,
                          struct error *err)
{
    char group[ATTEMPT_NAME_BYTES + 1];
    bool any = run->has_content;
    if (!any) {
        struct client_call call = {.operation = LOGS_DESCRIBE_STREAMS,
                                   .name = group,
                                   .deadline = mono_add(mono_now(), CLIENT_PAGE_MS),
                                   .counted = true};
        (void)snprintf(group, sizeof(group), "%.*s", TEXT_ARGS(name));
        client_call(&broken->inspect.client, &call, &broken->inspect.wakeup);
        client_call_free(&call);
        if (call.outcome != LOGS_DONE) {
            *err = call.err;
            return error_add(err, "looking into '%s'", broken->shown);
        }
        any = call.any_streams;
    }
    if (any)
        return error_set(err, ERROR_USAGE,
                         "'%s' is no attempt: the log group has content; it is left alone",
                         broken->shown);
    return 0;
}

/* Shows the runs of this ID and remembers their names. Returns how many there are, or -1. */
static int show(struct broken *broken, const struct inspect_view *view, struct buf *out,
                struct error *err)
{
    int found = 0;
    for (uint32_t i = 0; i < view->survey.count; i++) {
        const struct survey_run *run = &view->survey.runs[i];
        if (!is_of_id(run, broken))
            continue;
        if (!run->marked &&
            check_unmarked(broken, run, view->listing.entries[run->first].name, err) != 0)
            return -1;
        if (found++ == 0)
            status_table(view, broken->inspect.plan->columns, is_of_id, broken, out);
        say_how_long(run, view, out);
        add_line(&broken->nonces, run->attempt.nonce);
        for (uint32_t k = run->first; k < run->first + run->count; k++)
            add_line(&broken->names, view->listing.entries[k].name);
    }
    if (buf_check(&broken->names, "the attempts", err) != 0 ||
        buf_check(&broken->nonces, "the runs", err) != 0)
        return -1;
    return found;
}

/* The user's answer. */
static int ask(struct broken *broken, bool *ret_yes, struct error *err)
{
    char question[SHOWN_BYTES + 64];
    (void)snprintf(question, sizeof(question), "Break '%s'? [y/N] ", broken->shown);
    int result = prompt_confirm(question, mono_add(mono_now(), BREAK_ASK_MS),
                                &broken->inspect.wakeup, ret_yes, err);
    if (result != 0 && err->kind == ERROR_CONFIG)
        return error_set(err, ERROR_USAGE, "--break needs --yes where it cannot ask");
    return result;
}

static int delete_one(struct broken *broken, struct text name, bool *ret_there, struct error *err)
{
    char group[ATTEMPT_NAME_BYTES + 1];
    struct client_call call = {.operation = LOGS_DELETE, .name = group};
    (void)snprintf(group, sizeof(group), "%.*s", TEXT_ARGS(name));
    if (client_call_retrying(&broken->inspect.client, &call, &broken->inspect.wakeup, err) != 0)
        return -1;
    *ret_there = call.outcome == LOGS_DONE;
    return 0;
}

/*
 * Is the mutex this run's? It may be if the run has claimed, and it is known of which slot; and if
 * the run holds no more, only if nobody else holds, who would have it by now.
 */
static bool has_mutex(const struct survey_run *run, const struct survey *survey)
{
    const struct attempt *attempt = &run->attempt;
    if (!run->marked || !attempt->claim || attempt->shared)
        return false;
    bool known = attempt->slots <= 1 || attempt->slot > 0;
    bool others = survey->unknown || survey->counts[SURVEY_HOLDER] > 0;
    return known && (run->kind == SURVEY_HOLDER || !others);
}

/*
 * The mutex is deleted before the claims, since nobody else makes one while they stand. It is
 * deleted once only: when the claims are gone a new one may be another run's, even if late listings
 * still show those claims.
 */
static int delete_mutex(struct broken *broken, const struct survey_run *run, struct error *err)
{
    char name[ATTEMPT_NAME_BYTES + 1];
    bool there;
    if (has_line(&broken->unlocked, run->attempt.nonce))
        return 0;
    attempt_format_shared(broken->inspect.plan->prefix, ATTEMPT_MUTEX,
                          run->attempt.slots > 1 ? run->attempt.slot : 0, name);
    add_line(&broken->unlocked, run->attempt.nonce);
    return delete_one(broken, text_from(name), &there, err);
}

/* Deletes what the view shows of it. *ret_any: something was there. */
static int delete_all(struct broken *broken, const struct inspect_view *view, bool *ret_any,
                      struct error *err)
{
    *ret_any = false;
    for (uint32_t i = 0; i < view->survey.count; i++) {
        const struct survey_run *run = &view->survey.runs[i];
        if (!is_target(run, broken))
            continue;
        if (has_mutex(run, &view->survey) && delete_mutex(broken, run, err) != 0)
            return -1;
        for (uint32_t k = run->first; k < run->first + run->count; k++) {
            struct text name = view->listing.entries[k].name;
            bool there = false;
            if (!run->marked && !has_line(&broken->names, name))
                continue;
            if (delete_one(broken, name, &there, err) != 0)
                return -1;
            broken->deleted += there;
            *ret_any |= there;
        }
    }
    return 0;
}

/* Is there a name that was not shown to the user? Then the contender is alive, and has renewed. */
static bool is_renewed(const struct broken *broken, const struct inspect_view *view,
                       char out[ATTEMPT_NAME_BYTES + 1])
{
    for (uint32_t i = 0; i < view->survey.count; i++) {
        const struct survey_run *run = &view->survey.runs[i];
        for (uint32_t k = run->first; is_of_id(run, (void *)broken) && k < run->first + run->count;
             k++) {
            struct text name = view->listing.entries[k].name;
            if (!has_line(&broken->names, name)) {
                (void)text_printable(name, out, ATTEMPT_NAME_BYTES + 1);
                return true;
            }
        }
    }
    return false;
}

/* Deletes until looks show nothing more: a renewal may have been under way. */
static int break_it(struct broken *broken, struct error *err)
{
    char name[ATTEMPT_NAME_BYTES + 1];
    int clear = 0;
    for (int round = 0; clear < BREAK_CLEAR_LOOKS && round < BREAK_ROUNDS_MAX; round++) {
        struct inspect_view view;
        bool any = false;
        int64_t pause_ms = round ? broken->inspect.plan->lock->settle_ms : 0;
        if (wait_until(&broken->inspect.wakeup, mono_add(mono_now(), pause_ms)))
            return error_set(err, ERROR_LATER, "given up");
        if (inspect_look(&broken->inspect, &view, err) != 0)
            return -1;
        bool renewed = round == 0 && is_renewed(broken, &view, name);
        int result = renewed ? 0 : delete_all(broken, &view, &any, err);
        inspect_view_free(&view);
        if (renewed) {
            report(REPORT_ERROR, "not broken: '%s' has renewed its attempt meanwhile: '%s'",
                   broken->shown, name);
            return EXIT_STATUS_NOT_OBTAINED;
        }
        if (result != 0)
            return -1;
        clear = any ? 0 : clear + 1;
    }
    if (clear < BREAK_CLEAR_LOOKS)
        return error_set(err, ERROR_UNAVAILABLE, "'%s' goes on making attempts", broken->shown);
    return 0;
}

static void audit(const struct broken *broken)
{
    char by[SHOWN_BYTES], host[65] = "?", now[DATE_ISO_BYTES];
    const char *user = broken->inspect.plan->environment("LOGNAME");
    (void)gethostname(host, sizeof(host) - 1); /* "?" is as good as none */
    date_write_iso(wall_now(), now);
    (void)snprintf(by, sizeof(by), "%s%suid %u on %s", user ? user : "", user ? ", " : "",
                   (unsigned)getuid(), host);
    struct report_field fields[] = {{"lock", broken->inspect.plan->prefix, 0},
                                    {"id", broken->shown, 0},
                                    {"by", by, 0},
                                    {"attempts", NULL, broken->deleted}};
    report_event(REPORT_WARNING, "broken", fields, 4,
                 "broken: lock '%s', contender '%s', %u attempt%s deleted by %s at %s",
                 broken->inspect.plan->prefix, broken->shown, broken->deleted,
                 broken->deleted == 1 ? "" : "s", by, now);
}

static int nothing(const struct broken *broken, struct error *err)
{
    const struct logs_listing *pages = &broken->inspect.pages;
    if (pages->cut)
        return error_set(err, ERROR_LIMIT,
                         "no attempt of '%s' among the first %u log groups of lock '%s'",
                         broken->shown, pages->count, broken->inspect.plan->prefix);
    report(REPORT_ERROR, "nothing to break: no attempt of '%s' at lock '%s'", broken->shown,
           broken->inspect.plan->prefix);
    return EXIT_STATUS_NOT_OBTAINED;
}

static int proceed(struct broken *broken, bool yes, struct buf *out, struct error *err)
{
    struct inspect_view view;
    if (inspect_look(&broken->inspect, &view, err) != 0)
        return -1;
    bool clear = resolve(broken, &view, out);
    int found = clear ? show(broken, &view, out, err) : 0;
    inspect_view_free(&view);
    if (!clear)
        return EXIT_STATUS_NOT_OBTAINED;
    if (found < 0)
        return -1;
    if (found == 0)
        return nothing(broken, err);
    if (fputs(buf_text(out), stdout) < 0 || fflush(stdout) != 0)
        return error_set(err, ERROR_SYSTEM, "cannot write to standard output");
    buf_clear(out);
    if (!yes && ask(broken, &yes, err) != 0)
        return -1;
    if (!yes)
        return EXIT_STATUS_NOT_OBTAINED;
    int result = break_it(broken, err);
    if (broken->deleted)
        audit(broken);
    else if (result == 0)
        return nothing(broken, err);
    return result;
}

int break_run(const struct inspect_plan *plan, const char *id, bool yes, struct buf *out,
              struct error *err)
{
    struct broken broken = {
        .id = id, .names = BUF(LIST_BYTES), .nonces = BUF(LIST_BYTES), .unlocked = BUF(LIST_BYTES)};
    (void)text_printable(text_from(id), broken.shown, sizeof(broken.shown));
    attempt_label(id, broken.label);
    int status =
        inspect_open(&broken.inspect, plan, err) != 0 ? -1 : proceed(&broken, yes, out, err);
    if (status < 0)
        status = inspect_failed(&broken.inspect, err);
    buf_free(&broken.names);
    buf_free(&broken.nonces);
    buf_free(&broken.unlocked);
    inspect_close(&broken.inspect);
    return status;
}
