#include "inspect/status.h"

#include <stdio.h>

#include "base/date.h"
#include "base/json.h"
#include "base/report.h"
#include "base/text.h"
#include "exit_status.h"
#include "inspect/table.h"
#include "run/identity.h"

#define CLOCK_CHARS 46 /* "; 2026-11-22T15:05:41Z by the service's clock" */

static void add_time(struct table *table, int64_t ms)
{
    char date[DATE_ISO_BYTES];
    date_write_iso((struct wall){ms}, date);
    table_cell(table, text_from(*date ? date : "?"));
}

static void add_kind(struct table *table, const struct survey_run *run, uint32_t place)
{
    static const char *const kinds[] = {"holder", "waiter", "abandoned", "stranger"};
    char mode[32] = "", number[16] = "", cell[64];
    if (run->attempt.shared)
        (void)snprintf(mode, sizeof(mode), " (shared)");
    else if (run->attempt.slots > 1)
        (void)snprintf(mode, sizeof(mode), " (slot of %u)", run->attempt.slots);
    if (run->kind == SURVEY_WAITER)
        (void)snprintf(number, sizeof(number), " %u", place);
    (void)snprintf(cell, sizeof(cell), "%s%s%s", kinds[run->kind], number, mode);
    table_cell(table, text_from(cell));
}

static void add_run(struct table *table, const struct survey_run *run, uint32_t place)
{
    struct identity_parts parts = identity_parse(run->attempt.id);
    add_kind(table, run, place);
    table_cell(table, run->attempt.id);
    table_cell(table, run->attempt.label);
    table_cell(table, parts.host);
    table_cell(table, parts.pid);
    add_time(table, run->since_ms);
    add_time(table, run->renewed_ms);
    if (run->has_content)
        table_cell(table, text_from("never: it has content"));
    else
        add_time(table, run->expires_ms);
}

void status_table(const struct inspect_view *view, unsigned columns, status_pick_fn *picked,
                  void *context, struct buf *out)
{
    static const struct table_column headings[] = {
        {"", TABLE_STAYS},        {"ID", TABLE_BELOW},      {"LABEL", TABLE_BELOW},
        {"HOST", TABLE_GOES},     {"PID", TABLE_GOES},      {"SINCE", TABLE_STAYS},
        {"RENEWED", TABLE_STAYS}, {"EXPIRES", TABLE_STAYS}, {NULL, TABLE_STAYS}};
    CLEAN(table) struct table table = TABLE(headings, STATUS_BYTES);
    const struct survey *survey = &view->survey;
    for (uint32_t i = 0; i < survey->count; i++)
        if (!picked || picked(&survey->runs[i], context))
            add_run(&table, &survey->runs[i], i + 1 - survey->counts[SURVEY_HOLDER]);
    table_print(&table, columns, view->now_ms, out);
}

void status_clock(const struct inspect *inspect, const struct inspect_view *view, size_t begin,
                  struct buf *out)
{
    char now[DATE_ISO_BYTES];
    unsigned columns = inspect->plan->columns;
    bool narrow = columns && out->length - begin + CLOCK_CHARS > columns;
    date_write_iso((struct wall){view->now_ms}, now);
    buf_addf(out, "%s %s by %s clock\n", narrow ? "\n " : ";", narrow ? now + DATE_DAY_CHARS : now,
             view->by_service ? "the service's" : "our");
}

/* A mutex without a holder: its run is dead, or is giving the lock back just now. */
static void add_mutex_left(const struct survey *survey, struct buf *out)
{
    char since[DATE_ISO_BYTES];
    date_write_iso((struct wall){survey->mutex_ms}, since);
    buf_addf(out, "a mutex of %s is left that no holder owns: who is next removes it\n", since);
}

/* A line for each holder whose name says when it expects to end. */
static void add_words(const struct survey *survey, struct buf *out)
{
    for (uint32_t i = 0; i < survey->counts[SURVEY_HOLDER]; i++) {
        const struct survey_run *run = &survey->runs[i];
        char id[TABLE_CELL_BYTES], ends[DATE_ISO_BYTES];
        int64_t ends_ms = attempt_ends_ms(&run->attempt, run->since_ms);
        if (ends_ms == ATTEMPT_UNKNOWN)
            continue;
        (void)text_printable(run->attempt.id, id, sizeof(id));
        date_write_iso((struct wall){ends_ms}, ends);
        if (*ends)
            (void)buf_addf(out, "'%s' expects to end at %s\n", id, ends);
    }
}

static void status_text(const struct inspect *inspect, const struct inspect_view *view,
                        struct buf *out)
{
    uint32_t below = inspect->pages.nested;
    const struct survey *survey = &view->survey;
    uint32_t holders = survey->counts[SURVEY_HOLDER];
    char many[32] = "";
    size_t begin = out->length;
    if (holders > 1)
        (void)snprintf(many, sizeof(many), " by %u", holders);
    buf_addf(out, "lock '%s' in %s: %s%s, %s%u waiting", inspect->plan->prefix,
             inspect->client.region,
             survey->unknown ? "held or free is not known"
             : holders       ? "held"
                             : "free",
             many, view->listing.complete ? "" : "at least ", survey->counts[SURVEY_WAITER]);
    status_clock(inspect, view, begin, out);
    if (survey->count)
        status_table(view, inspect->plan->columns, NULL, NULL, out);
    add_words(survey, out);
    if (survey->mutexes && !holders && !survey->unknown)
        add_mutex_left(survey, out);
    if (below)
        buf_addf(out, "%u log group%s of locks below '%s': --list shows which\n", below,
                 below == 1 ? "" : "s", inspect->plan->prefix);
}

static void json_time(struct buf *out, const char *key, int64_t ms)
{
    char date[DATE_ISO_BYTES];
    date_write_iso((struct wall){ms}, date);
    json_string(out, key, *date ? date : NULL);
}

static void json_part(struct buf *out, const char *key, struct text text)
{
    if (text.length)
        json_text(out, key, text);
    else
        json_null(out, key);
}

static void json_run(const struct survey_run *run, const struct lock_listing *listing,
                     struct buf *out)
{
    const struct attempt *attempt = &run->attempt;
    struct identity_parts parts = identity_parse(attempt->id);
    uint64_t pid;
    json_object(out, NULL);
    json_text(out, "id", attempt->id);
    json_part(out, "label", attempt->label);
    json_part(out, "host", parts.host);
    if (text_parse_u64(parts.pid, UINT32_MAX, &pid) == 0)
        json_integer(out, "pid", (int64_t)pid);
    else
        json_null(out, "pid");
    json_bool(out, "withlock", run->marked);
    json_string(out, "mode",
                attempt->shared      ? "shared"
                : attempt->slots > 1 ? "slots"
                                     : "exclusive");
    json_integer(out, "slots", attempt->slots);
    if (attempt->token != ATTEMPT_UNKNOWN)
        json_integer(out, "token", attempt->token);
    json_time(out, "since", run->since_ms);
    json_time(out, "renewed", run->renewed_ms);
    if (run->kind == SURVEY_HOLDER && attempt_ends_ms(attempt, run->since_ms) != ATTEMPT_UNKNOWN)
        json_time(out, "expected_end", attempt_ends_ms(attempt, run->since_ms));
    if (run->has_content)
        json_null(out, "expires");
    else
        json_time(out, "expires", run->expires_ms);
    json_integer(out, "lock_timeout_s", attempt->lock_timeout_ms / 1000);
    json_bool(out, "has_content", run->has_content);
    json_array(out, "attempts");
    for (uint32_t i = run->first; i < run->first + run->count; i++)
        json_text(out, NULL, listing->entries[i].name);
    json_array_end(out);
    json_object_end(out);
}

void status_json_view(const struct inspect *inspect, const struct inspect_view *view,
                      struct buf *out)
{
    json_string(out, "region", inspect->client.region);
    json_string(out, "endpoint", inspect->client.url);
    json_time(out, "time", view->now_ms);
    json_string(out, "clock", view->by_service ? "service" : "local");
}

void status_json_runs(const struct survey *survey, const struct lock_listing *listing,
                      struct buf *out)
{
    static const char *const lists[] = {"holders", "waiters", "abandoned", "strangers"};
    uint32_t i = 0;
    if (survey->unknown)
        json_null(out, "held");
    else
        json_bool(out, "held", survey->counts[SURVEY_HOLDER] > 0);
    json_integer(out, "mutexes", survey->mutexes);
    if (survey->mutexes)
        json_time(out, "mutex_since", survey->mutex_ms);
    for (enum survey_kind kind = SURVEY_HOLDER; kind <= SURVEY_STRANGER; kind++) {
        json_array(out, lists[kind]);
        for (; i < survey->count && survey->runs[i].kind == kind; i++)
            json_run(&survey->runs[i], listing, out);
        json_array_end(out);
    }
}

static void status_json(const struct inspect *inspect, const struct inspect_view *view,
                        struct buf *out)
{
    json_object(out, NULL);
    json_string(out, "lock", inspect->plan->prefix);
    status_json_view(inspect, view, out);
    status_json_runs(&view->survey, &view->listing, out);
    json_integer(out, "log_groups_below", inspect->pages.nested);
    json_object_end(out);
    buf_add_char(out, '\n');
}

int status_show(struct inspect *inspect, bool json, struct buf *out, struct error *err)
{
    struct inspect_view view;
    if (inspect_look(inspect, &view, err) != 0)
        return -1;
    if (json)
        status_json(inspect, &view, out);
    else
        status_text(inspect, &view, out);
    report(REPORT_VERBOSE,
           "who held it before: aws cloudtrail lookup-events --region %s --lookup-attributes "
           "AttributeKey=EventName,AttributeValue=DeleteLogGroup (see docs/recipes.md)",
           inspect->client.region);
    int result = buf_check(out, "the status", err);
    int status = view.survey.unknown                 ? EXIT_STATUS_UNAVAILABLE
                 : view.survey.counts[SURVEY_HOLDER] ? EXIT_STATUS_NOT_OBTAINED
                                                     : 0;
    inspect_view_free(&view);
    return result != 0 ? -1 : status;
}
