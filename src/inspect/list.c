#include "inspect/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/json.h"
#include "base/text.h"
#include "inspect/status.h"
#include "inspect/table.h"

#define CELL_BYTES 64

/* The names of all locks, those of one lock together. */
struct locks {
    struct lock_entry *entries; /* owned; by lock, then by name */
    uint32_t count, at;         /* at: the first entry of the lock that comes next */
    bool complete;              /* the listing had all names */
};

/* One lock. */
struct found {
    char prefix[ATTEMPT_NAME_BYTES + 1];
    struct lock_listing listing; /* its names */
    struct survey survey;
};

/* The lock that a name would be an attempt at: all up to the last slash. Empty: none. */
static struct text lock_of(struct text name)
{
    const char *slash = name.length ? memrchr(name.data, '/', name.length) : NULL;
    return text_slice(name.data, slash ? (size_t)(slash - name.data) : 0);
}

static int by_lock(const void *left, const void *right)
{
    const struct lock_entry *a = left, *b = right;
    int order = text_order(lock_of(a->name), lock_of(b->name));
    return order ? order : text_order(a->name, b->name);
}

static int locks_sort(struct locks *locks, const struct lock_listing *listing, struct error *err)
{
    *locks = (struct locks){.count = listing->count, .complete = listing->complete};
    locks->entries = calloc(listing->count + 1, sizeof(*locks->entries));
    if (!locks->entries)
        return error_set(err, ERROR_SYSTEM, "out of memory for %u log groups", listing->count);
    if (listing->count)
        memcpy(locks->entries, listing->entries, listing->count * sizeof(*locks->entries));
    qsort(locks->entries, locks->count, sizeof(*locks->entries), by_lock);
    return 0;
}

static void locks_free(struct locks *locks)
{
    free(locks->entries);
    locks->entries = NULL;
}

/* The names of the next lock; false if there is none any more. */
static bool locks_next(struct locks *locks, struct text *ret_prefix, struct lock_listing *ret)
{
    while (locks->at < locks->count) {
        uint32_t first = locks->at;
        struct text prefix = lock_of(locks->entries[first].name);
        bool ours = false;
        for (; locks->at < locks->count; locks->at++) {
            struct attempt attempt;
            struct text name = locks->entries[locks->at].name;
            if (!text_same(lock_of(name), prefix))
                break;
            ours |= prefix.length && attempt_parse(prefix, name, &attempt) > ATTEMPT_UNMARKED;
        }
        if (!ours)
            continue; /* no name below this prefix was made by withlock */
        *ret_prefix = prefix;
        *ret = (struct lock_listing){.entries = locks->entries + first,
                                     .count = locks->at - first,
                                     .complete = locks->complete};
        return true;
    }
    return false;
}

/* --- as a table --- */

static void add_number(struct table *table, uint32_t number)
{
    char cell[CELL_BYTES];
    (void)snprintf(cell, sizeof(cell), "%u", number);
    table_cell(table, text_from(cell));
}

static void add_time(struct table *table, const int64_t *ms)
{
    char date[DATE_ISO_BYTES] = "";
    if (ms)
        date_write_iso((struct wall){*ms}, date);
    table_cell(table, text_from(date));
}

static void add_state(struct table *table, const struct survey *survey)
{
    uint32_t holders = survey->counts[SURVEY_HOLDER];
    char cell[CELL_BYTES];
    (void)snprintf(cell, sizeof(cell), "%s", survey->unknown ? "not known" : "free");
    if (holders > 1)
        (void)snprintf(cell, sizeof(cell), "held by %u", holders);
    else if (holders)
        (void)snprintf(cell, sizeof(cell), "held");
    else if (survey->mutexes && !survey->unknown)
        (void)snprintf(cell, sizeof(cell), "mutex left");
    table_cell(table, text_from(cell));
}

/* A row. Of several holders it shows the one who has the lock for longest. */
static void add_lock(struct table *table, const struct found *found)
{
    const struct survey *survey = &found->survey;
    const struct survey_run *holder = survey->counts[SURVEY_HOLDER] ? &survey->runs[0] : NULL;
    table_cell(table, text_from(found->prefix));
    add_state(table, survey);
    table_cell(table, holder ? holder->attempt.id : text_from(""));
    table_cell(table, holder ? holder->attempt.label : text_from(""));
    add_time(table, holder ? &holder->since_ms : NULL);
    add_time(table, holder ? &holder->renewed_ms : NULL);
    add_number(table, survey->counts[SURVEY_WAITER]);
    add_number(table, survey->counts[SURVEY_ABANDONED]);
}

/* --- either way --- */

struct output {
    struct table *table; /* NULL: JSON, to out */
    struct buf *out;
    uint32_t locks, held;
};

static void add_found(struct output *output, const struct found *found)
{
    output->locks++;
    output->held += found->survey.counts[SURVEY_HOLDER] > 0;
    if (output->table) {
        add_lock(output->table, found);
        return;
    }
    json_object(output->out, NULL);
    json_string(output->out, "lock", found->prefix);
    status_json_runs(&found->survey, &found->listing, output->out);
    json_object_end(output->out);
}

static int add_all(const struct inspect *inspect, const struct inspect_view *view,
                   struct output *output, struct error *err)
{
    struct locks locks;
    struct found found;
    struct text prefix;
    int result = locks_sort(&locks, &view->listing, err);
    while (result == 0 && locks_next(&locks, &prefix, &found.listing)) {
        (void)snprintf(found.prefix, sizeof(found.prefix), "%.*s", TEXT_ARGS(prefix)); /* fits */
        result = survey_make(&found.survey, found.prefix, &found.listing, view->now_ms,
                             inspect->plan->lock->role_timeout_ms, err);
        if (result == 0)
            add_found(output, &found);
        survey_free(result == 0 ? &found.survey : NULL);
    }
    locks_free(&locks);
    return result;
}

static int list_text(const struct inspect *inspect, const struct inspect_view *view,
                     struct buf *out, struct error *err)
{
    static const struct table_column headings[] = {
        {"LOCK", TABLE_ABOVE},    {"STATE", TABLE_STAYS},    {"HOLDER", TABLE_ABOVE},
        {"LABEL", TABLE_ABOVE},   {"SINCE", TABLE_STAYS},    {"RENEWED", TABLE_STAYS},
        {"WAITING", TABLE_STAYS}, {"ABANDONED", TABLE_GOES}, {NULL, TABLE_STAYS}};
    CLEAN(table) struct table table = TABLE(headings, STATUS_BYTES);
    struct output output = {.table = &table, .out = out};
    const char *prefix = inspect->plan->prefix;
    size_t begin = out->length;
    if (add_all(inspect, view, &output, err) != 0)
        return -1;
    buf_addf(out, "%u lock%s%s%s%s in %s, %u held", output.locks, output.locks == 1 ? "" : "s",
             *prefix ? " below '" : "", prefix, *prefix ? "'" : "", inspect->client.region,
             output.held);
    status_clock(inspect, view, begin, out);
    if (output.locks)
        table_print(&table, inspect->plan->columns, view->now_ms, out);
    return 0;
}

static int list_json(const struct inspect *inspect, const struct inspect_view *view,
                     struct buf *out, struct error *err)
{
    struct output output = {.out = out};
    json_object(out, NULL);
    json_string(out, "below", *inspect->plan->prefix ? inspect->plan->prefix : NULL);
    status_json_view(inspect, view, out);
    json_array(out, "locks");
    int result = add_all(inspect, view, &output, err);
    json_array_end(out);
    json_object_end(out);
    buf_add_char(out, '\n');
    return result;
}

int list_show(struct inspect *inspect, bool json, struct buf *out, struct error *err)
{
    struct inspect_view view;
    if (inspect_list(inspect, &view, err) != 0)
        return -1;
    int result = json ? list_json(inspect, &view, out, err) : list_text(inspect, &view, out, err);
    return result == 0 ? buf_check(out, "the list", err) : -1;
}
