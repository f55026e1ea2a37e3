/*
 * decide - the tables of decisions: in which state, and by which facts, what is done. They are
 * data, so that docs/decisions.md can be held against them (tests/unit/test_decide.c).
 *
 * A table is read from the top: the first row counts whose states hold ours, whose facts are all
 * true, and of whose other facts none is. There is always one.
 */
#ifndef LOCK_DECIDE_H
#define LOCK_DECIDE_H

#include <stddef.h>
#include <stdint.h>

#include "lock/lock.h"

/* ---- What to ask the service for next: lock_next() ---- */

#define DECIDE_NEXT_FACTS(X)                                                                       \
    X(RESTS, "the service is to be left alone yet")                                                \
    X(MAKES, "a name of ours is to be made, or asked for")                                         \
    X(MUTEX, "something is to be done about the mutex, or #break")                                 \
    X(READS, "a listing goes on")                                                                  \
    X(LOOKS, "a look is due")                                                                      \
    X(DROPS, "a name of ours is to go, and no mutex before it")                                    \
    X(INSIDE, "somebody's leftover is to be looked into")                                          \
    X(CLEANS, "somebody's leftover is to go")

#define DECIDE_NEXT_MOVES(X)                                                                       \
    X(FINISH, "nothing any more")                                                                  \
    X(WAIT, "nothing yet")                                                                         \
    X(CREATE, "create that name")                                                                  \
    X(MUTEX, "create or delete that one")                                                          \
    X(LIST_MORE, "read the next page")                                                             \
    X(LIST, "list")                                                                                \
    X(DELETE, "delete that name")                                                                  \
    X(LOOK_INSIDE, "look whether it holds streams")                                                \
    X(CLEAN, "delete that leftover")

#define DECIDE_FACT(name, text) DECIDE_NEXT_BIT_##name,
enum {
    DECIDE_NEXT_FACTS(DECIDE_FACT) DECIDE_NEXT_BITS
};
#undef DECIDE_FACT
#define DECIDE_FACT(name, text) NEXT_IF_##name = 1U << DECIDE_NEXT_BIT_##name,
enum next_fact {
    DECIDE_NEXT_FACTS(DECIDE_FACT)
};
#undef DECIDE_FACT
#define DECIDE_MOVE(name, text) NEXT_##name,
enum next_move {
    DECIDE_NEXT_MOVES(DECIDE_MOVE) NEXT_MOVES
};
#undef DECIDE_MOVE

/* ---- The tables ---- */

struct decision {
    uint32_t phases; /* 1 << LOCK_WAITING, ... */
    uint32_t facts;
    uint32_t not_facts;
    int move;
};

struct decision_table {
    const char *name;
    const struct decision *rows;
    size_t count;
    const char *const *facts; /* as text, by bit */
    uint32_t fact_count;
    const char *const *moves;
    int move_count;
};

extern const struct decision_table decide_next_table;

/* The row that counts. */
const struct decision *decide_row(const struct decision_table *table, enum lock_phase phase,
                                  uint32_t facts);

enum next_move decide_next(enum lock_phase phase, uint32_t facts);

#endif
