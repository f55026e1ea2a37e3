#include "inspect/table.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/date.h"

#define GAP 2 /* between columns */

enum layout {
    LAYOUT_WHOLE,
    LAYOUT_BRIEF, /* without the columns that may go, and without today's date */
    LAYOUT_TWO_LINES,
};

/* A table as it is about to be printed. */
struct print {
    const struct table *table;
    enum layout layout;
    char today[DATE_ISO_BYTES];
    int widths[TABLE_COLUMNS_MAX];
};

void table_cell(struct table *table, struct text text)
{
    char cell[TABLE_CELL_BYTES];
    (void)text_printable(text.length ? text : text_from("-"), cell, sizeof(cell));
    buf_add(&table->cells, cell, strlen(cell) + 1);
}

static bool has_column(const struct print *print, const struct table_column *column)
{
    return column->place == TABLE_STAYS || print->layout == LAYOUT_WHOLE ||
           (column->place != TABLE_GOES && print->layout == LAYOUT_BRIEF);
}

static const char *shown(const struct print *print, const char *cell)
{
    bool is_today = strlen(cell) == DATE_ISO_BYTES - 1 &&
                    strncmp(cell, print->today, DATE_DAY_CHARS) == 0 && *print->today;
    return print->layout != LAYOUT_WHOLE && is_today ? cell + DATE_DAY_CHARS : cell;
}

static unsigned measure(struct print *print)
{
    const struct table_column *columns = print->table->columns;
    const struct buf *cells = &print->table->cells;
    unsigned width = 0, count = 0;
    for (; columns[count].heading; count++)
        print->widths[count] = (int)strlen(columns[count].heading);
    unsigned column = 0;
    for (size_t at = 0; at < cells->length; at += strlen(cells->data + at) + 1) {
        int length = (int)strlen(shown(print, cells->data + at));
        if (length > print->widths[column])
            print->widths[column] = length;
        column = column + 1 < count ? column + 1 : 0;
    }
    for (column = 0; column < count; column++)
        if (has_column(print, &columns[column]))
            width += (unsigned)print->widths[column] + (width ? GAP : 0);
    return width;
}

/* The next cell of a row. *cells moves on; NULL there: the column's heading instead. */
static const char *next_cell(const struct print *print, unsigned column, const char **cells)
{
    const char *cell = *cells;
    if (!cell)
        return print->table->columns[column].heading;
    *cells += strlen(cell) + 1;
    return shown(print, cell);
}

/* Adds the line of the cells that go above (or below) the others. False if there are none. */
static bool add_aside(const struct print *print, enum table_place place, const char *cells,
                      struct buf *out)
{
    const struct table_column *columns = print->table->columns;
    bool any = false;
    for (unsigned i = 0; print->layout == LAYOUT_TWO_LINES && columns[i].heading; i++) {
        const char *cell = next_cell(print, i, &cells);
        if (columns[i].place != place)
            continue;
        buf_addf(out, "%*s%s", any || place == TABLE_BELOW ? GAP : 0, "", cell);
        any = true;
    }
    buf_add_text(out, any ? "\n" : "");
    return any;
}

/* One row: its cells, or the headings if there are none. Returns where the next row begins. */
static const char *add_row(const struct print *print, const char *cells, struct buf *out)
{
    const struct table_column *columns = print->table->columns;
    const char *at = cells;
    /* the blanks to write before the next cell: so the last one has none after it */
    int gap = add_aside(print, TABLE_ABOVE, cells, out) ? GAP : 0;
    for (unsigned i = 0; columns[i].heading; i++) {
        const char *cell = next_cell(print, i, &at);
        if (!has_column(print, &columns[i]))
            continue;
        buf_addf(out, "%*s%s", gap, "", cell);
        gap = print->widths[i] - (int)strlen(cell) + GAP;
    }
    buf_add_char(out, '\n');
    (void)add_aside(print, TABLE_BELOW, cells, out);
    return at;
}

void table_print(const struct table *table, unsigned width, int64_t now_ms, struct buf *out)
{
    struct print print = {.table = table};
    const struct buf *cells = &table->cells;
    if (cells->failed) { /* cells are missing */
        out->failed = true;
        return;
    }
    date_write_iso((struct wall){now_ms}, print.today);
    while (measure(&print) > width && width && print.layout < LAYOUT_TWO_LINES)
        print.layout++;
    (void)add_row(&print, NULL, out);
    for (const char *at = cells->data; at && at < cells->data + cells->length;)
        at = add_row(&print, at, out);
}

void table_free(struct table *table)
{
    buf_free(&table->cells);
}
