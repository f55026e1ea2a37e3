#include "inspect/status.h"

#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/json.h"
#include "base/text.h"
#include "exit_status.h"
#include "run/identity.h"

#define CELL_BYTES  (ATTEMPT_NAME_BYTES + 1)
#define GAP         2  /* between columns */
#define DATE_CHARS  11 /* of a time in ISO 8601: "2026-11-22T" */
#define CLOCK_CHARS 46 /* "; 2026-11-22T15:05:41Z by the service's clock" */

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

/* What a table leaves out for want of room: what is said elsewhere in it. */
enum layout {
    LAYOUT_WHOLE,
    LAYOUT_BRIEF, /* no host and process, which the ID names; of times no date that is today's */
    LAYOUT_TWO_LINES, /* of each run: ID and label below the rest */
};

struct row {
    char cells[COLUMNS][CELL_BYTES];
};

struct table {
    const struct inspect_view *view;
    status_pick_fn *picked; /* NULL: all */
    void *context;
    enum layout layout;
    int widths[COLUMNS];
};

static bool has_column(enum layout layout, enum column column)
{
    bool below = column == COLUMN_ID || column == COLUMN_LABEL;
    bool within = column == COLUMN_HOST || column == COLUMN_PID;
    return layout == LAYOUT_WHOLE || (!within && (layout == LAYOUT_BRIEF || !below));
}

static void add_time(const struct table *table, int64_t ms, char out[CELL_BYTES])
{
    char date[DATE_ISO_BYTES], now[DATE_ISO_BYTES];
    date_write_iso((struct wall){ms}, date);
    date_write_iso((struct wall){table->view->now_ms}, now);
    bool cut = table->layout != LAYOUT_WHOLE && strncmp(date, now, DATE_CHARS) == 0;
    (void)snprintf(out, CELL_BYTES, "%s", *date ? date + (cut ? DATE_CHARS : 0) : "?");
}

static void cell(struct row *row, enum column column, struct text text)
{
    if (text.length)
        (void)text_printable(text, row->cells[column], CELL_BYTES);
    else
        (void)snprintf(row->cells[column], CELL_BYTES, "-");
}

static void fill(const struct table *table, const struct survey_run *run, uint32_t place,
                 struct row *row)
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
    add_time(table, run->since_ms, row->cells[COLUMN_SINCE]);
    add_time(table, run->renewed_ms, row->cells[COLUMN_RENEWED]);
    if (run->has_content)
        (void)strcpy(row->cells[COLUMN_EXPIRES], "never: it has content");
    else
        add_time(table, run->expires_ms, row->cells[COLUMN_EXPIRES]);
}

/* The row of run i or of the next that is picked; false behind the last. */
static bool next_row(const struct table *table, uint32_t *i, struct row *ret_row)
{
    const struct survey *survey = &table->view->survey;
    for (; *i < survey->count; (*i)++) {
        const struct survey_run *run = &survey->runs[*i];
        if (table->picked && !table->picked(run, table->context))
            continue;
        fill(table, run, ++*i - survey->counts[SURVEY_HOLDER], ret_row);
        return true;
    }
    return false;
}

static void widen(struct table *table, const struct row *row)
{
    for (int i = 0; i < COLUMNS; i++)
        if ((int)strlen(row->cells[i]) > table->widths[i])
            table->widths[i] = (int)strlen(row->cells[i]);
}

static unsigned measure(struct table *table, const struct row *heading)
{
    struct row row;
    unsigned width = 0;
    memset(table->widths, 0, sizeof(table->widths));
    widen(table, heading);
    for (uint32_t i = 0; next_row(table, &i, &row);)
        widen(table, &row);
    for (enum column column = 0; column < COLUMNS; column++)
        if (has_column(table->layout, column))
            width += (unsigned)table->widths[column] + (column > 0 ? GAP : 0);
    return width;
}

static void add_row(const struct table *table, const struct row *row, struct buf *out)
{
    for (enum column column = 0; column < COLUMNS - 1; column++)
        if (has_column(table->layout, column))
            (void)buf_addf(out, "%-*s%*s", table->widths[column], row->cells[column], GAP, "");
    (void)buf_addf(out, "%s\n", row->cells[COLUMNS - 1]);
    if (table->layout == LAYOUT_TWO_LINES)
        (void)buf_addf(out, "%*s%s%*s%s\n", GAP, "", row->cells[COLUMN_ID], GAP, "",
                       row->cells[COLUMN_LABEL]);
}

void status_table(const struct inspect_view *view, unsigned columns, status_pick_fn *picked,
                  void *context, struct buf *out)
{
    const struct row heading = {
        .cells = {"", "ID", "LABEL", "HOST", "PID", "SINCE", "RENEWED", "EXPIRES"}};
    struct table table = {.view = view, .picked = picked, .context = context};
    struct row row;
    while (measure(&table, &heading) > columns && columns && table.layout < LAYOUT_TWO_LINES)
        table.layout++;
    add_row(&table, &heading, out);
    for (uint32_t i = 0; next_row(&table, &i, &row);)
        add_row(&table, &row, out);
}

void status_text(const struct inspect *inspect, const struct inspect_view *view, struct buf *out)
{
    char now[DATE_ISO_BYTES];
    const struct survey *survey = &view->survey;
    unsigned columns = inspect->plan->columns;
    uint32_t holders = survey->counts[SURVEY_HOLDER];
    char many[32] = "";
    size_t begin = out->length;
    if (holders > 1)
        (void)snprintf(many, sizeof(many), " by %u", holders);
    date_write_iso((struct wall){view->now_ms}, now);
    (void)buf_addf(out, "lock '%s' in %s: %s%s, %u waiting", inspect->plan->prefix,
                   inspect->session.region, holders ? "held" : "free", many,
                   survey->counts[SURVEY_WAITER]);
    bool narrow = columns && out->length - begin + CLOCK_CHARS > columns;
    (void)buf_addf(out, "%s %s by %s clock\n", narrow ? "\n " : ";", now,
                   view->by_service ? "the service's" : "our");
    if (survey->count)
        status_table(view, columns, NULL, NULL, out);
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
