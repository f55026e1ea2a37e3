/*
 * attempt - the name of an attempt: what a log group's name says about a contender.
 *
 * A lock is a prefix. An attempt is a log group PREFIX/ID, in one of two dialects:
 * marked, as withlock makes them,
 * PREFIX/ID#tT[#u8HEX][#gN][#qQ][#s|#nN][#h[MS][#kK][#mK][#eE]][#lTEXT], and unmarked, whatever
 * else stands there, which is how the Ansible role's contenders look. Beside them stand the names
 * that all runs share: PREFIX/#mutex, #mutex.K, #break, #break.K. docs/protocol.md, "Names", is the
 * grammar. Parsing borrows from the name; nothing is copied.
 */
#ifndef LOCK_ATTEMPT_H
#define LOCK_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

#define ATTEMPT_NAME_BYTES  512 /* CreateLogGroup: a name has 1 to 512 characters */
#define ATTEMPT_TAGS_BYTES  100 /* kept free behind PREFIX/ID for tags, the label not counted */
#define ATTEMPT_LABEL_BYTES 40
#define ATTEMPT_NONCE_BYTES 8
#define ATTEMPT_EXPECT_MS   (366LL * 24 * 3600 * 1000) /* a longer #e counts as this */
#define ATTEMPT_UNKNOWN     (-1) /* a time or token that a name does not give */

enum attempt_kind {
    ATTEMPT_ELSEWHERE, /* not under PREFIX/, or of a lock nested below it */
    ATTEMPT_UNMARKED,
    ATTEMPT_MARKED,
    ATTEMPT_MUTEX, /* no attempt: who makes it may hold */
    ATTEMPT_BREAK, /* no attempt: who makes it may remove a dead run's mutex */
};

struct attempt {
    struct text id;
    struct text nonce;       /* of #u; empty when the ID itself is unique */
    struct text label;       /* of #l; empty when there is none */
    int64_t lock_timeout_ms; /* T of #t */
    uint32_t generation;     /* N of #g; 0 when not given */
    int64_t ticket_ms;       /* Q of #q; ATTEMPT_UNKNOWN: the creation time is the ticket */
    bool claim;              /* #h */
    int64_t first_claim_ms;  /* MS of #h; ATTEMPT_UNKNOWN: the creation time is */
    int64_t token;           /* K of #k; ATTEMPT_UNKNOWN when not given */
    int64_t expect_ms;       /* E of #e, from its first claim on; 0 when not given */
    bool shared;             /* #s */
    uint32_t slots;          /* N of #n; 1 when not given */
    uint32_t slot;           /* K of #m, or of a mutex: from 1; 0 when not given */
};

/*
 * Reads a name. *ret is set unless it is elsewhere: of an unmarked one only the id, of those that
 * all share only the slot.
 */
enum attempt_kind attempt_parse(struct text prefix, struct text name, struct attempt *ret);

/* Writes PREFIX/ID and the tags; out is always a C string. */
void attempt_format(const char *prefix, const struct attempt *attempt,
                    char out[ATTEMPT_NAME_BYTES + 1]);

/* Writes PREFIX/#mutex or PREFIX/#break, with .SLOT unless that is 0. */
void attempt_format_shared(const char *prefix, enum attempt_kind kind, uint32_t slot,
                           char out[ATTEMPT_NAME_BYTES + 1]);

/* When a hold that began then will end by its claim's word; ATTEMPT_UNKNOWN if it says nothing. */
int64_t attempt_ends_ms(const struct attempt *attempt, int64_t since_ms);

/* Same run: same ID and same nonce. */
bool attempt_same_run(const struct attempt *a, const struct attempt *b);

/*
 * The rules for what a user may name (interface: wrong usage, found before any call).
 * Return 0, or -1 with ERROR_USAGE naming the value and the limit.
 */
int attempt_check_prefix(const char *prefix, struct error *err) MUST_USE;
int attempt_check_id(const char *id, struct error *err) MUST_USE;
int attempt_check_length(const char *prefix, const char *id, const char *label,
                         struct error *err) MUST_USE;

/* Makes a label fit to stand in a name: at most 40 of A-Za-z0-9_.-, others become '-'. */
void attempt_label(const char *text, char out[ATTEMPT_LABEL_BYTES + 1]);

#endif
