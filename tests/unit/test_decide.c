/*
 * The tables of decisions (src/lock/decide.h) and docs/decisions.md say the same; and what must be
 * true of them is, whatever the facts are.
 */
#include "unit.h"

#include "base/buf.h"
#include "base/file.h"

#include "../../src/lock/decide.h"
#include "../../src/lock/rule.h"

#define DOC_BYTES 65536
#define DOC       DOCS "/decisions.md"
#define ANY_STATE (LOCK_FINISHED + 1)
#define ROWS_MAX  64

static const struct decision_table *const tables[] = {&decide_next_table, &decide_look_table};

static const char *const states[] = {
    [LOCK_WAITING] = "waiting",  [LOCK_CLAIMING] = "claiming", [LOCK_CLEANING] = "cleaning",
    [LOCK_HELD] = "held",        [LOCK_LOST] = "lost",         [LOCK_LEAVING] = "leaving",
    [LOCK_FINISHED] = "finished"};

static void join(struct buf *out, const char *const *words, uint32_t count, uint32_t which,
                 const char *between)
{
    bool any = false;
    for (uint32_t i = 0; i < count; i++) {
        if (!(which >> i & 1))
            continue;
        buf_add_text(out, any ? between : "");
        buf_add_text(out, words[i]);
        any = true;
    }
}

static void render(struct buf *out, const struct decision_table *table)
{
    buf_addf(out, "## %s\n\n| | state | if | unless | then | rules |\n", table->name);
    buf_add_text(out, "| ---: | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < table->count; i++) {
        const struct decision *row = &table->rows[i];
        buf_addf(out, "| %zu | ", i + 1);
        join(out, states, ANY_STATE, row->phases, ", ");
        buf_add_text(out, " | ");
        join(out, table->facts, table->fact_count, row->facts, "; ");
        buf_add_text(out, " | ");
        join(out, table->facts, table->fact_count, row->not_facts, "; ");
        buf_addf(out, " | %s | %s |\n", table->moves[row->move], row->rules);
    }
}

static uint32_t rows_of(const char *text)
{
    uint32_t rows = 0;
    for (const char *at = text; (at = strstr(at, "\n|")); at++)
        rows++;
    return rows;
}

static void the_page_has_each_table_to_the_letter_and_no_other(void **state)
{
    (void)state;
    CLEAN(buf) struct buf page = BUF(DOC_BYTES);
    struct error err;
    uint32_t rows = 0;
    assert_int_equal(file_read(DOC, &page, &err), FILE_READ);
    const char *text = buf_text(&page);
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        CLEAN(buf) struct buf table = BUF(DOC_BYTES);
        render(&table, tables[i]);
        if (!strstr(text, buf_text(&table)))
            print_message("not in docs/decisions.md (test_decide --print):\n%s", buf_text(&table));
        assert_non_null(strstr(text, buf_text(&table)));
        rows += rows_of(buf_text(&table));
    }
    assert_int_equal(rows_of(text), rows);
}

/* All that a table can be asked. */
static void each_row_counts_somewhere_and_each_move_is_made(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        const struct decision_table *table = tables[i];
        bool counts[ROWS_MAX] = {false}, made[ROWS_MAX] = {false};
        assert_true(table->count <= ROWS_MAX && table->move_count <= ROWS_MAX);
        for (enum lock_phase phase = LOCK_WAITING; phase <= LOCK_FINISHED; phase++) {
            if (!(table->rows[table->count - 1].phases >> phase & 1))
                continue; /* it does not have this state, or decides it by that alone */
            for (uint32_t facts = 0; facts < 1U << table->fact_count; facts++)
                counts[decide_row(table, phase, facts) - table->rows] = true;
        }
        for (size_t row = 0; row < table->count; row++) {
            bool alone = !table->rows[row].facts && !table->rows[row].not_facts;
            check_row(counts[row] || alone, table->moves[table->rows[row].move]);
            made[table->rows[row].move] = true;
        }
        for (int move = 0; move < table->move_count; move++)
            check_row(made[move], table->moves[move]);
    }
}

/* RULE() of src/lock/rule.h: a name that is none is an error of whoever wrote the row. */
static bool is_rule(const char *name, size_t length)
{
#define RULE_NAME(name, text) #name,
    static const char *const names[] = {LOCK_RULES(RULE_NAME)};
#undef RULE_NAME
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
            return true;
    return false;
}

static void rules_are_called_as_they_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        for (size_t row = 0; row < tables[i]->count; row++) {
            const char *at = tables[i]->rows[row].rules;
            for (size_t length; *at; at += length + strspn(at + length, ", ")) {
                length = strcspn(at, ",");
                check_row(is_rule(at, length), at);
            }
        }
    }
}

/* docs/simulation.md, "Rules left out": what notices each. */
static void each_rule_has_a_row_that_says_what_notices_it(void **state)
{
    (void)state;
    CLEAN(buf) struct buf page = BUF(DOC_BYTES);
    struct error err;
    assert_int_equal(file_read(DOCS "/simulation.md", &page, &err), FILE_READ);
#define RULE_ROW(name, text) "| " #name " | " text " | ",
    static const char *const starts[] = {LOCK_RULES(RULE_ROW)};
#undef RULE_ROW
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        check_row(strstr(buf_text(&page), starts[i]) != NULL, starts[i]);
}

static bool has(uint32_t facts, uint32_t all)
{
    return (facts & all) == all;
}

static bool lacks(uint32_t facts, uint32_t all)
{
    return (facts & all) == 0;
}

/* What must be true of a look that ends so. */
static bool is_sound(enum look_move move, bool claiming, uint32_t facts)
{
    uint32_t limits = LOOK_IF_LAST | LOOK_IF_OVER | LOOK_IF_CROWDED | LOOK_IF_ONE_TRY;
    uint32_t in_the_way = LOOK_IF_AHEAD | LOOK_IF_NO_MUTEX;
    switch (move) {
    case LOOK_HOLD:
    case LOOK_ASK_MUTEX:
        return claiming && has(facts, LOOK_IF_SETTLED | LOOK_IF_MAY_HOLD) &&
               lacks(facts, in_the_way | LOOK_IF_UNSEEN | LOOK_IF_SPENT) &&
               has(facts, LOOK_IF_BESIDE) == (move == LOOK_ASK_MUTEX);
    case LOOK_CLAIM:
        return !claiming &&
               (has(facts, LOOK_IF_FIRST | LOOK_IF_ALONE | LOOK_IF_FREE) ||
                (has(facts, LOOK_IF_SETTLED) &&
                 lacks(facts, in_the_way | LOOK_IF_UNSEEN | LOOK_IF_REPLACED | LOOK_IF_FIRST)));
    case LOOK_LEAVE: /* nobody gives up without a limit, nor where nobody is in the way */
        return !lacks(facts, limits) && !lacks(facts, in_the_way);
    case LOOK_GIVE_WAY:
        return !claiming && has(facts, LOOK_IF_REPLACED);
    case LOOK_WITHDRAW:
        return !claiming && has(facts, LOOK_IF_NO_QUEUE) && !lacks(facts, in_the_way);
    case LOOK_KEEP:
        return claiming && has(facts, LOOK_IF_AHEAD | LOOK_IF_KEEPS);
    case LOOK_TAKE_BACK:
        return claiming && !lacks(facts, in_the_way | LOOK_IF_SPENT);
    case LOOK_ASK_NAME:
        return has(facts, LOOK_IF_UNSEEN);
    case LOOK_PLACE:
        return has(facts, LOOK_IF_FIRST);
    case LOOK_SOON:
    case LOOK_QUEUE:
        return !claiming && has(facts, LOOK_IF_AHEAD);
    case LOOK_PAUSE:
        return !claiming && has(facts, LOOK_IF_NO_MUTEX);
    case LOOK_AGAIN:
        return lacks(facts, LOOK_IF_AHEAD | LOOK_IF_UNSEEN);
    case LOOK_MOVES:
        break;
    }
    return false;
}

static void a_look_is_decided_soundly_whatever_the_facts(void **state)
{
    (void)state;
    for (uint32_t facts = 0; facts < 1U << DECIDE_LOOK_BITS; facts++) {
        for (int claiming = 0; claiming < 2; claiming++) {
            if (claiming && (facts & LOOK_IF_FIRST))
                continue; /* who has a claim has looked */
            enum look_move move = decide_look(claiming ? LOCK_CLAIMING : LOCK_WAITING, facts);
            check_row(is_sound(move, claiming, facts), decide_look_table.moves[move]);
        }
    }
}

static void nothing_is_asked_for_in_a_pause_and_others_leftovers_come_last(void **state)
{
    (void)state;
    uint32_t ours = NEXT_IF_MAKES | NEXT_IF_MUTEX | NEXT_IF_READS | NEXT_IF_DROPS;
    for (uint32_t facts = 0; facts < 1U << DECIDE_NEXT_BITS; facts++) {
        for (enum lock_phase phase = LOCK_WAITING; phase < LOCK_FINISHED; phase++) {
            enum next_move move = decide_next(phase, facts);
            bool rests = (facts & NEXT_IF_RESTS) || phase == LOCK_LOST;
            check_row(!rests || move == NEXT_WAIT, decide_next_table.moves[move]);
            if (move == NEXT_CLEAN || move == NEXT_LOOK_INSIDE)
                check_row(lacks(facts, ours), decide_next_table.moves[move]);
            if (phase == LOCK_LEAVING && (facts & NEXT_IF_MUTEX) && !rests) /* before the claims */
                assert_int_equal(move, facts & NEXT_IF_MAKES ? NEXT_CREATE : NEXT_MUTEX);
        }
    }
}

static void print_tables(void)
{
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        CLEAN(buf) struct buf table = BUF(DOC_BYTES);
        render(&table, tables[i]);
        (void)printf("%s\n", buf_text(&table));
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_has_each_table_to_the_letter_and_no_other),
        cmocka_unit_test(each_row_counts_somewhere_and_each_move_is_made),
        cmocka_unit_test(rules_are_called_as_they_are),
        cmocka_unit_test(each_rule_has_a_row_that_says_what_notices_it),
        cmocka_unit_test(a_look_is_decided_soundly_whatever_the_facts),
        cmocka_unit_test(nothing_is_asked_for_in_a_pause_and_others_leftovers_come_last),
    };
    if (argc > 1 && strcmp(argv[1], "--print") == 0) {
        print_tables();
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
