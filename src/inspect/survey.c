#include "inspect/survey.h"

#include <stdlib.h>

/* Adds one name to what is known of its run. */
static void add_attempt(struct survey_run *run, const struct lock_entry *entry,
                        const struct attempt *attempt, int64_t now_ms)
{
    int64_t ticket_ms =
        attempt->ticket_ms != ATTEMPT_UNKNOWN ? attempt->ticket_ms : entry->created_ms;
    int64_t claim_ms =
        attempt->first_claim_ms != ATTEMPT_UNKNOWN ? attempt->first_claim_ms : entry->created_ms;
    bool first = run->count++ == 0, held = run->kind == SURVEY_HOLDER;
    if (first || entry->created_ms >= run->renewed_ms) {
        run->attempt = *attempt;
        run->renewed_ms = entry->created_ms;
    }
    bool live = lock_entry_is_live(entry, attempt->lock_timeout_ms, now_ms);
    if (attempt->claim && live) {
        run->since_ms = held ? ms_min(run->since_ms, claim_ms) : claim_ms;
        run->kind = SURVEY_HOLDER;
    } else if (!held) {
        run->since_ms = first ? ticket_ms : ms_min(run->since_ms, ticket_ms);
        if (live && run->kind == SURVEY_ABANDONED)
            run->kind = SURVEY_WAITER;
    }
}

/* Counts a mutex. It belongs to no run, since its name does not say who made it. */
static void add_mutex(struct survey *survey, const struct lock_entry *entry)
{
    if (survey->mutexes++ == 0 || entry->created_ms < survey->mutex_ms)
        survey->mutex_ms = entry->created_ms;
}

static void read_runs(struct survey *survey, const char *prefix, const struct lock_listing *listing,
                      int64_t now_ms, int64_t role_timeout_ms)
{
    for (uint32_t i = 0; i < listing->count; i++) {
        const struct lock_entry *entry = &listing->entries[i];
        struct survey_run *run = survey->count ? &survey->runs[survey->count - 1] : NULL;
        struct attempt attempt;
        enum attempt_kind kind = attempt_parse(text_from(prefix), entry->name, &attempt);
        bool marked = kind == ATTEMPT_MARKED;
        if (kind == ATTEMPT_MUTEX)
            add_mutex(survey, entry);
        if (!marked && kind != ATTEMPT_UNMARKED)
            continue;
        if (!marked)
            attempt.lock_timeout_ms = role_timeout_ms;
        if (!run || !marked || !run->marked || !attempt_same_run(&run->attempt, &attempt)) {
            run = &survey->runs[survey->count++];
            *run = (struct survey_run){.kind = SURVEY_ABANDONED, .marked = marked, .first = i};
        }
        add_attempt(run, entry, &attempt, now_ms);
        run->has_content |= entry->has_content;
    }
}

/*
 * What an unmarked log group is depends on the others. Contenders of the role know no claims: the
 * earliest attempt holds. So it is a holder if it is the earliest that lives, and nobody has
 * claimed; else it is a stranger.
 */
static void judge_unmarked(struct survey *survey)
{
    struct survey_run *earliest = NULL;
    bool claimed = false;
    for (uint32_t i = 0; i < survey->count; i++) {
        struct survey_run *run = &survey->runs[i];
        claimed |= run->kind == SURVEY_HOLDER;
        bool contends = run->kind != SURVEY_ABANDONED && (run->marked || !run->has_content);
        if (!run->marked && (contends || run->has_content))
            run->kind = SURVEY_STRANGER;
        if (contends && (!earliest || run->since_ms < earliest->since_ms))
            earliest = run;
    }
    if (earliest && !earliest->marked && !claimed)
        earliest->kind = SURVEY_HOLDER;
}

static int by_kind_and_time(const void *left, const void *right)
{
    const struct survey_run *a = left, *b = right;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->since_ms != b->since_ms)
        return a->since_ms < b->since_ms ? -1 : 1;
    return text_order(a->attempt.id, b->attempt.id);
}

int survey_make(struct survey *ret_survey, const char *prefix, const struct lock_listing *listing,
                int64_t now_ms, int64_t role_timeout_ms, struct error *err)
{
    struct survey survey = {0};
    survey.runs = calloc(listing->count + 1, sizeof(*survey.runs));
    if (!survey.runs)
        return error_set(err, ERROR_SYSTEM, "out of memory for %u log groups", listing->count);
    read_runs(&survey, prefix, listing, now_ms, role_timeout_ms);
    judge_unmarked(&survey);
    for (uint32_t i = 0; i < survey.count; i++) {
        struct survey_run *run = &survey.runs[i];
        run->expires_ms = run->renewed_ms + run->attempt.lock_timeout_ms;
        survey.counts[run->kind]++;
    }
    qsort(survey.runs, survey.count, sizeof(*survey.runs), by_kind_and_time);
    survey.unknown = !listing->complete && survey.counts[SURVEY_HOLDER] == 0;
    *ret_survey = survey;
    return 0;
}

void survey_free(struct survey *survey)
{
    if (!survey)
        return;
    free(survey->runs);
    *survey = (struct survey){0};
}
