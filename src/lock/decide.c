#include "decide.h"

#include <assert.h>

#define COUNT(array)     (sizeof(array) / sizeof((array)[0]))
#define TEXT(name, text) text,

#define W (1U << LOCK_WAITING)
#define C (1U << LOCK_CLAIMING)
#define N (1U << LOCK_CLEANING)
#define H (1U << LOCK_HELD)
#define X (1U << LOCK_LOST)
#define L (1U << LOCK_LEAVING)
#define F (1U << LOCK_FINISHED)

static const struct decision next_rows[] = {
    {F, 0, 0, NEXT_FINISH, ""},
    {X, 0, 0, NEXT_WAIT, ""}, /* for lock_leave(): the command is to end first */
    {W | C | N | H | L, NEXT_IF_RESTS, 0, NEXT_WAIT, "RETRY_SOON"},
    {W | C | N | H | L, NEXT_IF_MAKES, 0, NEXT_CREATE,
     "RENEW, GONE_ASKED, UNSEEN_ASKED, MUTEX_ASKED"},
    {W | C | N | H | L, NEXT_IF_MUTEX, 0, NEXT_MUTEX, "MUTEX, MUTEX_FIRST"},
    {L, NEXT_IF_DROPS, 0, NEXT_DELETE, "DELETE_UNKNOWN, MUTEX_FIRST"},
    {W | C | N | H | L, NEXT_IF_READS, 0, NEXT_LIST_MORE, ""},
    {N | H, NEXT_IF_LOOKS, 0, NEXT_LIST, "CONFIRM_SOON"},
    {W | C | N | H, NEXT_IF_DROPS, 0, NEXT_DELETE, "RETRY_DELETE, MUTEX_FIRST"},
    {W | C | N | H, NEXT_IF_INSIDE, 0, NEXT_LOOK_INSIDE, "CLEAN_EMPTY"},
    {W | C | N | H, NEXT_IF_CLEANS, 0, NEXT_CLEAN, "CLEAN_FIRST, CLEAN_FRESH"},
    {W | C | L, NEXT_IF_LOOKS, 0, NEXT_LIST, "LEAVING_LOOKS, GROWING_PAUSE"},
    {W | C | N | H | L, 0, 0, NEXT_WAIT, ""},
};

static const char *const next_facts[] = {DECIDE_NEXT_FACTS(TEXT)};
static const char *const next_moves[] = {DECIDE_NEXT_MOVES(TEXT)};

const struct decision_table decide_next_table = {
    "What to ask for next", next_rows,  COUNT(next_rows), next_facts,
    DECIDE_NEXT_BITS,       next_moves, NEXT_MOVES,
};

static const struct decision look_rows[] = {
    {W, LOOK_IF_FIRST | LOOK_IF_AHEAD | LOOK_IF_LAST, 0, LOOK_LEAVE, "LOOK_FIRST"},
    {W, LOOK_IF_FIRST | LOOK_IF_AHEAD | LOOK_IF_ONE_TRY, 0, LOOK_LEAVE, "LOOK_FIRST"},
    {W, LOOK_IF_FIRST | LOOK_IF_AHEAD | LOOK_IF_CROWDED, 0, LOOK_LEAVE, "LOOK_FIRST"},
    {W, LOOK_IF_FIRST | LOOK_IF_AHEAD | LOOK_IF_NO_QUEUE, 0, LOOK_WITHDRAW, "LOOK_FIRST"},
    {W, LOOK_IF_FIRST | LOOK_IF_ALONE | LOOK_IF_FREE, 0, LOOK_CLAIM, "LOOK_FIRST, MUTEX"},
    {W, LOOK_IF_FIRST, 0, LOOK_PLACE, "LOOK_FIRST"},
    {W, LOOK_IF_UNSEEN | LOOK_IF_REPLACED, 0, LOOK_GIVE_WAY, "REPLACED_BY_NEWER"},
    {W | C, LOOK_IF_UNSEEN, 0, LOOK_ASK_NAME, "OWN_SHOWN, UNSEEN_ASKED"},
    {C, LOOK_IF_NO_MUTEX, 0, LOOK_TAKE_BACK, "MUTEX"},
    {W, LOOK_IF_REPLACED, 0, LOOK_GIVE_WAY, "REPLACED_BY_NEWER"},
    {C, LOOK_IF_AHEAD | LOOK_IF_KEEPS | LOOK_IF_LAST, 0, LOOK_LEAVE, "MUTEX"},
    {C, LOOK_IF_AHEAD | LOOK_IF_KEEPS, 0, LOOK_KEEP, "MUTEX"},
    {C, LOOK_IF_AHEAD, 0, LOOK_TAKE_BACK, "LOOK_AFTER_CLAIM"},
    {W, LOOK_IF_AHEAD | LOOK_IF_YOUNG, 0, LOOK_SOON, "YOUNG_LOOKS"},
    {W, LOOK_IF_AHEAD | LOOK_IF_LAST, 0, LOOK_LEAVE, "PATIENT"},
    {W, LOOK_IF_AHEAD | LOOK_IF_OVER, 0, LOOK_LEAVE, "PATIENT"},
    {W, LOOK_IF_AHEAD | LOOK_IF_CROWDED, 0, LOOK_LEAVE, "PATIENT"},
    {W, LOOK_IF_AHEAD | LOOK_IF_NO_QUEUE, 0, LOOK_WITHDRAW, "PATIENT"},
    {W, LOOK_IF_AHEAD, 0, LOOK_QUEUE, "TICKET_ORDER, CLAIM_BLOCKS, HOLD_OFF"},
    {C, LOOK_IF_SPENT, 0, LOOK_TAKE_BACK, "CLAIM_ANEW"},
    {W, LOOK_IF_NO_MUTEX | LOOK_IF_LAST, 0, LOOK_LEAVE, "MUTEX"},
    {W, LOOK_IF_NO_MUTEX | LOOK_IF_OVER, LOOK_IF_DEAD, LOOK_LEAVE, "MUTEX"},
    {W, LOOK_IF_NO_MUTEX | LOOK_IF_NO_QUEUE, LOOK_IF_DEAD, LOOK_WITHDRAW, "MUTEX"},
    {W, LOOK_IF_NO_MUTEX, 0, LOOK_PAUSE, "MUTEX"},
    {W, LOOK_IF_SETTLED | LOOK_IF_FREE, 0, LOOK_CLAIM, "SETTLE, OWN_SHOWN, OWN_LEASE, MUTEX_OWN"},
    {C, LOOK_IF_SETTLED | LOOK_IF_MAY_HOLD | LOOK_IF_BESIDE, 0, LOOK_ASK_MUTEX, "MUTEX_AGAIN"},
    {C, LOOK_IF_SETTLED | LOOK_IF_MAY_HOLD, 0, LOOK_HOLD, "LOOK_AFTER_CLAIM, MUTEX"},
    {W | C, 0, 0, LOOK_AGAIN, "SETTLE, GROWING_PAUSE"},
};

static const char *const look_facts[] = {DECIDE_LOOK_FACTS(TEXT)};
static const char *const look_moves[] = {DECIDE_LOOK_MOVES(TEXT)};

const struct decision_table decide_look_table = {
    "What a run that wants the lock does after a look",
    look_rows,
    COUNT(look_rows),
    look_facts,
    DECIDE_LOOK_BITS,
    look_moves,
    LOOK_MOVES,
};

const struct decision *decide_row(const struct decision_table *table, enum lock_phase phase,
                                  uint32_t facts)
{
    const struct decision *row = table->rows, *end = row + table->count;
    while (row < end && !((row->phases >> phase & 1) && (facts & row->facts) == row->facts &&
                          (facts & row->not_facts) == 0))
        row++;
    assert(row < end);
    return row;
}

enum next_move decide_next(enum lock_phase phase, uint32_t facts)
{
    return (enum next_move)decide_row(&decide_next_table, phase, facts)->move;
}

enum look_move decide_look(enum lock_phase phase, uint32_t facts)
{
    return (enum look_move)decide_row(&decide_look_table, phase, facts)->move;
}
