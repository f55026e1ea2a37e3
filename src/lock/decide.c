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
    {F, 0, 0, NEXT_FINISH},
    {X, 0, 0, NEXT_WAIT}, /* for lock_leave(): the command is to end first */
    {W | C | N | H | L, NEXT_IF_RESTS, 0, NEXT_WAIT},
    {W | C | N | H, NEXT_IF_MAKES, 0, NEXT_CREATE},
    {W | C | N | H | L, NEXT_IF_MUTEX, 0, NEXT_MUTEX},
    {L, NEXT_IF_DROPS, 0, NEXT_DELETE},
    {W | C | N | H | L, NEXT_IF_READS, 0, NEXT_LIST_MORE},
    {N | H, NEXT_IF_LOOKS, 0, NEXT_LIST},
    {W | C | N | H, NEXT_IF_DROPS, 0, NEXT_DELETE},
    {W | C | N | H, NEXT_IF_INSIDE, 0, NEXT_LOOK_INSIDE},
    {W | C | N | H, NEXT_IF_CLEANS, 0, NEXT_CLEAN},
    {W | C | L, NEXT_IF_LOOKS, 0, NEXT_LIST},
    {W | C | N | H | L, 0, 0, NEXT_WAIT},
};

static const char *const next_facts[] = {DECIDE_NEXT_FACTS(TEXT)};
static const char *const next_moves[] = {DECIDE_NEXT_MOVES(TEXT)};

const struct decision_table decide_next_table = {
    "What to ask for next", next_rows,  COUNT(next_rows), next_facts,
    DECIDE_NEXT_BITS,       next_moves, NEXT_MOVES,
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
