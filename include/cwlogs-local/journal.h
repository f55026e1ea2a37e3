/*
 * journal - what was asked and how it ended: the last requests in order, and counts of all.
 *
 * The newest JOURNAL_ENTRIES_MAX entries are kept; the counts and sequence numbers go on.
 */
#ifndef CWLOGS_LOCAL_JOURNAL_H
#define CWLOGS_LOCAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "cwlogs-local/answer.h"
#include "cwlogs-local/operation.h"

#define JOURNAL_ENTRIES_MAX 100000

struct journal_entry {
    uint64_t sequence; /* from 1 */
    struct mono mono;  /* when it was applied or refused */
    struct wall wall;
    enum operation operation;
    enum outcome outcome;
    bool applied;     /* it took effect, whatever was answered */
    bool resumed;     /* over a TLS session that began with an earlier connection */
    int64_t lag_ms;   /* until listings show what it created or deleted */
    int64_t skew_ms;  /* of the creation time it stamped */
    char *group_name; /* NULL: none given */
};

struct journal {
    struct journal_entry *entries; /* a ring */
    size_t first, count, capacity;
    uint64_t last_sequence;
    uint64_t counts[OPERATION_COUNT][OUTCOME_COUNT];
};

/* The zero value is empty. Frees everything and empties it; may run twice. */
void journal_free(struct journal *journal);

/*
 * Adds an entry, of which all but sequence and group_name is set; that name is copied. Returns its
 * sequence number. If memory runs out only the count is kept.
 */
uint64_t journal_add(struct journal *journal, const struct journal_entry *entry,
                     struct text group_name);

/* The request turned out not to be answered: its outcome becomes OUTCOME_LOST. */
void journal_lose(struct journal *journal, uint64_t sequence, enum operation operation,
                  enum outcome outcome);

/* The entries with a sequence number above `after`, as a JSON array, oldest first. */
void journal_write(const struct journal *journal, uint64_t after, struct buf *out);

/* {"CreateLogGroup":{"ok":3}}: the counts that are not 0. */
void journal_write_counts(const struct journal *journal, struct buf *out);

#endif
