/*
 * table - rows of cells for people, as wide as there is room for.
 *
 *     struct table table = TABLE(columns, bytes);   all zeros but for these
 *     table_cell(&table, text)                      from left to right, row by row
 *     table_print(&table, width, today, out)
 *     table_free(&table)
 *
 * Cells are copied, and printed so that they do no harm on a terminal.
 */
#ifndef INSPECT_TABLE_H
#define INSPECT_TABLE_H

#include "base/buf.h"
#include "base/text.h"

#define TABLE_COLUMNS_MAX 10
#define TABLE_CELL_BYTES  513 /* a name; longer ones are cut */

/* What becomes of a column where there is too little room. */
enum table_place {
    TABLE_STAYS,
    TABLE_GOES,  /* left out first, since another column says the same */
    TABLE_ABOVE, /* if that is not enough: on a line of its own, before the rest of the row, */
    TABLE_BELOW, /* or after it; the second line of a row is indented */
};

struct table_column {
    const char *heading; /* NULL: end of the columns */
    enum table_place place;
};

struct table {
    const struct table_column *columns;
    struct buf cells; /* C strings */
};

#define TABLE(the_columns, bytes)                                                                  \
    {                                                                                              \
        .columns = (the_columns), .cells = BUF(bytes)                                              \
    }

/* Text that is empty becomes "-". */
void table_cell(struct table *table, struct text text);

/*
 * width: columns of the terminal, 0 if any number will do. now_ms: where there is too little room,
 * times of the same date are printed without it. A table that is too large makes out fail.
 */
void table_print(const struct table *table, unsigned width, int64_t now_ms, struct buf *out);
void table_free(struct table *table);

#endif
