#include "cli/status.h"

#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/json.h"
#include "base/text.h"
#include "exit_status.h"
#include "run/identity.h"

#define CELL_BYTES (ATTEMPT_NAME_BYTES + 1)

enum column {
    COLUMN_KIND,
    COLUMN_ID,
    COLUMN_LABEL,
    COLUMN_HOST,
    COLUMN_PID,
    COLUMN_SINCE,
    COLUMN_RENEWED,
    COLUMN_EXPIRES,
    COLUMNS
};

struct row {
    char cells[COLUMNS][CELL_BYTES];
};

static void iso(int64_t ms, char *out, size_t size)
{
    char date[DATE_ISO_BYTES];
    date_write_iso((struct wall){ms}, date);
    (void)snprintf(out, size, "%s", *date ? date : "?");
}

static void cell(struct row *row, enum column column, struct text text)
{
    if (text.length)
        (void)text_printable(text, row->cells[column], CELL_BYTES);
    else
        (void)snprintf(row->cells[column], CELL_BYTES, "-");
}

static void fill(const struct survey_run *run, uint32_t place, struct row *row)
{
    static const char *const kinds[] = {"holder", "waiter", "abandoned", "stranger"};
    struct identity_parts parts = identity_parse(run->attempt.id);
    char mode[32] = "", number[16] = "";
    if (run->attempt.shared)
        (void)snprintf(mode, sizeof(mode), " (shared)");
    else if (run->attempt.slots > 1)
        (void)snprintf(mode, sizeof(mode), " (slot of %u)", run->attempt.slots);
    if (run->kind == SURVEY_WAITER)
        (void)snprintf(number, sizeof(number), " %u", place);
    (void)snprintf(row->cells[COLUMN_KIND], CELL_BYTES, "%s%s%s", kinds[run->kind], number, mode);
    cell(row, COLUMN_ID, run->attempt.id);
    cell(row, COLUMN_LABEL, run->attempt.label);
    cell(row, COLUMN_HOST, parts.host);
    cell(row, COLUMN_PID, parts.pid);
    iso(run->since_ms, row->cells[COLUMN_SINCE], CELL_BYTES);
    iso(run->renewed_ms, row->cells[COLUMN_RENEWED], CELL_BYTES);
    if (run->has_content)
        (void)strcpy(row->cells[COLUMN_EXPIRES], "never: it has content");
    else
        iso(run->expires_ms, row->cells[COLUMN_EXPIRES], CELL_BYTES);
}

static void widen(const struct row *row, int widths[COLUMNS])
{
    for (int i = 0; i < COLUMNS; i++)
        if ((int)strlen(row->cells[i]) > widths[i])
            widths[i] = (int)strlen(row->cells[i]);
}

static void add_row(const struct row *row, const int widths[COLUMNS], struct buf *out)
{
    for (int i = 0; i < COLUMNS - 1; i++)
        (void)buf_addf(out, "%-*s  ", widths[i], row->cells[i]);
    (void)buf_addf(out, "%s\n", row->cells[COLUMNS - 1]);
}

void status_table(const struct survey *survey, bool (*picked)(const struct survey_run *, void *),
                  void *context, struct buf *out)
{
    struct row row = {.cells = {"", "ID", "LABEL", "HOST", "PID", "SINCE", "RENEWED", "EXPIRES"}};
    struct row heading = row;
    int widths[COLUMNS] = {0};
    widen(&heading, widths);
    for (int pass = 0; pass < 2; pass++) { /* measure, write */
        if (pass == 1)
            add_row(&heading, widths, out);
        for (uint32_t i = 0; i < survey->count; i++) {
            const struct survey_run *run = &survey->runs[i];
            if (picked && !picked(run, context))
                continue;
            fill(run, i + 1 - survey->counts[SURVEY_HOLDER], &row);
            if (pass == 0)
                widen(&row, widths);
            else
                add_row(&row, widths, out);
        }
    }
}

void status_text(const struct inspect *inspect, const struct inspect_view *view, struct buf *out)
{
    char now[DATE_ISO_BYTES];
    const struct survey *survey = &view->survey;
    uint32_t holders = survey->counts[SURVEY_HOLDER];
    char many[32] = "";
    if (holders > 1)
        (void)snprintf(many, sizeof(many), " by %u", holders);
    date_write_iso((struct wall){view->now_ms}, now);
    (void)buf_addf(out, "lock '%s' in %s: %s%s, %u waiting; %s by %s clock\n",
                   inspect->plan->prefix, inspect->session.region, holders ? "held" : "free", many,
                   survey->counts[SURVEY_WAITER], now, view->by_service ? "the service's" : "our");
    if (survey->count)
        status_table(survey, NULL, NULL, out);
}

static void json_time(struct buf *out, const char *key, int64_t ms)
{
    char date[DATE_ISO_BYTES];
    date_write_iso((struct wall){ms}, date);
    if (*date)
        json_string(out, key, date);
    else
        json_null(out, key);
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

void status_json(const struct inspect *inspect, const struct inspect_view *view, struct buf *out)
{
    static const char *const lists[] = {"holders", "waiters", "abandoned", "strangers"};
    const struct survey *survey = &view->survey;
    json_object(out, NULL);
    json_string(out, "lock", inspect->plan->prefix);
    json_string(out, "region", inspect->session.region);
    json_string(out, "endpoint", inspect->session.url);
    json_time(out, "time", view->now_ms);
    json_string(out, "clock", view->by_service ? "service" : "local");
    json_bool(out, "held", survey->counts[SURVEY_HOLDER] > 0);
    uint32_t i = 0;
    for (enum survey_kind kind = SURVEY_HOLDER; kind <= SURVEY_STRANGER; kind++) {
        json_array(out, lists[kind]);
        for (; i < survey->count && survey->runs[i].kind == kind; i++)
            json_run(&survey->runs[i], &view->listing, out);
        json_array_end(out);
    }
    json_object_end(out);
    (void)buf_add_char(out, '\n');
}

int status_run(const struct inspect_plan *plan, bool json, struct buf *out, struct error *err)
{
    struct inspect inspect;
    struct inspect_view view = {0};
    int status = 0;
    if (inspect_open(&inspect, plan, err) != 0 || inspect_look(&inspect, &view, err) != 0) {
        status = inspect_failed(&inspect, err);
    } else {
        if (json)
            status_json(&inspect, &view, out);
        else
            status_text(&inspect, &view, out);
        if (buf_check(out, "the status", err) != 0)
            status = error_exit_status(err->kind);
        else if (view.survey.counts[SURVEY_HOLDER])
            status = EXIT_STATUS_NOT_OBTAINED;
    }
    inspect_view_free(&view);
    inspect_close(&inspect);
    return status;
}
