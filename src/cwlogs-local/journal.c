#include "cwlogs-local/journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define FIRST_CAPACITY 256

void journal_free(struct journal *journal)
{
    for (size_t i = 0; i < journal->count; i++)
        free(journal->entries[(journal->first + i) % journal->capacity].group_name);
    free(journal->entries);
    *journal = (struct journal){0};
}

/* Only grows before it has gone around: as long as first is 0. */
static int grow(struct journal *journal)
{
    size_t capacity = journal->capacity ? journal->capacity * 2 : FIRST_CAPACITY;
    if (capacity > JOURNAL_ENTRIES_MAX)
        capacity = JOURNAL_ENTRIES_MAX;
    void *entries = realloc(journal->entries, capacity * sizeof(struct journal_entry));
    if (!entries)
        return -1;
    journal->entries = entries;
    journal->capacity = capacity;
    return 0;
}

static struct journal_entry *make_room(struct journal *journal)
{
    if (journal->count == journal->capacity && journal->capacity < JOURNAL_ENTRIES_MAX &&
        grow(journal) != 0)
        return NULL;
    if (journal->count == journal->capacity) {
        free(journal->entries[journal->first].group_name);
        journal->first = (journal->first + 1) % journal->capacity;
        journal->count--;
    }
    return &journal->entries[(journal->first + journal->count++) % journal->capacity];
}

uint64_t journal_add(struct journal *journal, const struct journal_entry *entry,
                     struct text group_name)
{
    uint64_t sequence = ++journal->last_sequence;
    journal->counts[entry->operation][entry->outcome]++;
    struct journal_entry *place = make_room(journal);
    if (!place)
        return sequence;
    *place = *entry;
    place->sequence = sequence;
    place->group_name = group_name.length ? strndup(group_name.data, group_name.length) : NULL;
    return sequence;
}

static struct journal_entry *find(const struct journal *journal, uint64_t sequence)
{
    if (journal->count == 0)
        return NULL;
    uint64_t oldest = journal->entries[journal->first].sequence;
    if (sequence < oldest || sequence - oldest >= journal->count)
        return NULL;
    size_t index = (journal->first + (size_t)(sequence - oldest)) % journal->capacity;
    return journal->entries[index].sequence == sequence ? &journal->entries[index] : NULL;
}

void journal_lose(struct journal *journal, uint64_t sequence, enum operation operation,
                  enum outcome outcome)
{
    if (sequence > journal->last_sequence)
        return; /* emptied in between */
    if (journal->counts[operation][outcome] > 0) {
        journal->counts[operation][outcome]--;
        journal->counts[operation][OUTCOME_LOST]++;
    }
    struct journal_entry *entry = find(journal, sequence);
    if (entry)
        entry->outcome = OUTCOME_LOST;
}

static void write_entry(const struct journal_entry *entry, struct buf *out)
{
    json_object(out, NULL);
    json_integer(out, "sequence", (int64_t)entry->sequence);
    json_integer(out, "mono_ms", entry->mono.ms);
    json_integer(out, "wall_ms", entry->wall.ms);
    json_string(out, "operation", operation_name(entry->operation));
    json_string(out, "outcome", outcome_name(entry->outcome));
    json_bool(out, "applied", entry->applied);
    if (entry->resumed)
        json_bool(out, "resumed", true);
    if (entry->lag_ms != 0)
        json_integer(out, "lag_ms", entry->lag_ms);
    if (entry->skew_ms != 0)
        json_integer(out, "skew_ms", entry->skew_ms);
    if (entry->group_name)
        json_string(out, "logGroupName", entry->group_name);
    json_object_end(out);
}

void journal_write(const struct journal *journal, uint64_t after, struct buf *out)
{
    json_array(out, NULL);
    for (size_t i = 0; i < journal->count; i++) {
        const struct journal_entry *entry =
            &journal->entries[(journal->first + i) % journal->capacity];
        if (entry->sequence > after)
            write_entry(entry, out);
    }
    json_array_end(out);
}

void journal_write_counts(const struct journal *journal, struct buf *out)
{
    json_object(out, NULL);
    for (enum operation i = 0; i < OPERATION_COUNT; i++) {
        bool any = false;
        for (enum outcome j = 0; j < OUTCOME_COUNT; j++) {
            if (journal->counts[i][j] == 0)
                continue;
            if (!any)
                json_object(out, operation_name(i));
            any = true;
            json_integer(out, outcome_name(j), (int64_t)journal->counts[i][j]);
        }
        if (any)
            json_object_end(out);
    }
    json_object_end(out);
}
