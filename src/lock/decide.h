/*
 * decide - the tables of decisions: in which state, and by which facts, what is done. They are
 * data, so that docs/decisions.md can be held against them (tests/unit/test_decide.c).
 *
 * A table is read from the top: the first row counts whose states hold ours, whose facts are all
 * true, and whose other facts are all false. There is always one.
 */
#ifndef LOCK_DECIDE_H
#define LOCK_DECIDE_H

#include <stddef.h>
#include <stdint.h>

#include "lock/state.h"

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

/* ---- What a waiter does after a look: waiter_look() ---- */

#define DECIDE_LOOK_FACTS(X)                                                                       \
    X(FIRST, "nothing of ours has been made yet")                                                  \
    X(ALONE, "nobody is in sight")                                                                 \
    X(AHEAD, "somebody is ahead")                                                                  \
    X(FREE, "a mutex may be asked for")                                                            \
    X(NO_MUTEX, "another has the mutex")                                                           \
    X(DEAD, "which may be a dead run's")                                                           \
    X(UNSEEN, "no own attempt that counts is shown, and one should be")                            \
    X(REPLACED, "a newer run of our ID waits")                                                     \
    X(KEEPS, "they came later, and the mutex is ours, or may be")                                  \
    X(YOUNG, "one try, and they may be about to withdraw")                                         \
    X(SPENT, "no time is left to hold by the claim")                                               \
    X(SETTLED, "an own attempt has stood for D")                                                   \
    X(MAY_HOLD, "claim and mutex stand, and were answered early enough")                           \
    X(BESIDE, "another claimed meanwhile")                                                         \
    X(LAST, "--max-attempts is reached")                                                           \
    X(OVER, "the time to wait is over")                                                            \
    X(CROWDED, "--max-waiters is exceeded")                                                        \
    X(ONE_TRY, "one try, and they will not withdraw")                                              \
    X(NO_QUEUE, "--no-queue")

#define DECIDE_LOOK_MOVES(X)                                                                       \
    X(LEAVE, "leave: held by another")                                                             \
    X(GIVE_WAY, "leave: replaced")                                                                 \
    X(WITHDRAW, "withdraw, and come again later")                                                  \
    X(PLACE, "take a place in the queue")                                                          \
    X(ASK_NAME, "look again; the third time create that name again")                               \
    X(TAKE_BACK, "take the claim back, and the mutex; go on as one who waits")                     \
    X(KEEP, "keep claim and mutex, look again")                                                    \
    X(SOON, "look again, D later")                                                                 \
    X(QUEUE, "look again when it may be our turn")                                                 \
    X(PAUSE, "look again at growing intervals")                                                    \
    X(CLAIM, "claim, and then make the mutex")                                                     \
    X(ASK_MUTEX, "create the mutex once more, look again")                                         \
    X(HOLD, "hold the lock")                                                                       \
    X(AGAIN, "look again once it can tell more")

#define DECIDE_FACT(name, text) DECIDE_LOOK_BIT_##name,
enum {
    DECIDE_LOOK_FACTS(DECIDE_FACT) DECIDE_LOOK_BITS
};
#undef DECIDE_FACT
#define DECIDE_FACT(name, text) LOOK_IF_##name = 1U << DECIDE_LOOK_BIT_##name,
enum look_fact {
    DECIDE_LOOK_FACTS(DECIDE_FACT)
};
#undef DECIDE_FACT
#define DECIDE_MOVE(name, text) LOOK_##name,
enum look_move {
    DECIDE_LOOK_MOVES(DECIDE_MOVE) LOOK_MOVES
};
#undef DECIDE_MOVE

/* ---- The tables ---- */

struct decision {
    uint32_t phases; /* 1 << LOCK_WAITING, ... */
    uint32_t facts;
    uint32_t not_facts;
    int move;
    const char *rules; /* of rule.h, which are about it */
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

extern const struct decision_table decide_next_table, decide_look_table;

/* The row that counts. */
const struct decision *decide_row(const struct decision_table *table, enum lock_phase phase,
                                  uint32_t facts);

enum next_move decide_next(enum lock_phase phase, uint32_t facts);
enum look_move decide_look(enum lock_phase phase, uint32_t facts);

#endif
