#include "inspect/watch.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/report.h"
#include "base/wait.h"
#include "inspect/status.h"

#define UP_AND_CLEAR "\033[%uF\033[J" /* goes up so many lines, and clears all from there on */
#define CLEAR_ALL    "\033[H\033[2J"
#define LINE_BYTES   80

struct watch {
    struct inspect_plan plan; /* its columns change with the terminal's */
    struct inspect inspect;
    unsigned rows;      /* of the terminal; 0: it is none, or one without a cursor to move */
    unsigned drawn;     /* rows drawn last, which the next drawing replaces; 0: none */
    unsigned drawn_for; /* columns of the terminal when they were drawn */
    int64_t every_ms;   /* the pause that the user was last told; 0: none yet */
};

static void measure_terminal(struct watch *watch, bool json)
{
    struct winsize size = {0};
    const char *terminal = watch->plan.environment("TERM");
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row > 2;
    watch->plan.columns = known ? size.ws_col : 0;
    watch->rows = known && !json && terminal && strcmp(terminal, "dumb") != 0 ? size.ws_row : 0;
}

/* Rows that a line takes. One that fills its last row does not take another for its end. */
static unsigned rows_of(size_t length, unsigned columns)
{
    return length ? (unsigned)((length + columns - 1) / columns) : 1;
}

/*
 * Adds as many lines of the text as fit into `room` rows, and a line that says how many do not.
 * Returns how many rows were taken.
 */
static unsigned add_lines(const struct watch *watch, const char *text, unsigned room,
                          struct buf *frame)
{
    unsigned taken = 0, left_out = 0;
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        unsigned rows = rows_of(length, watch->plan.columns);
        bool last = line[length] == '\0' || line[length + 1] == '\0';
        if (left_out || taken + rows + !last > room)
            left_out++;
        else {
            buf_add(frame, line, length);
            buf_add_char(frame, '\n');
            taken += rows;
        }
        line += length + (line[length] == '\n');
    }
    if (left_out)
        buf_addf(frame, "... %u more line%s\n", left_out, left_out == 1 ? "" : "s");
    return taken + (left_out > 0);
}

static void draw(struct watch *watch, const char *text, struct buf *frame)
{
    char how_often[LINE_BYTES];
    (void)snprintf(how_often, sizeof(how_often), "every %lld s, calls each time: %u; ^C ends\n",
                   (long long)(watch->every_ms / 1000), watch->inspect.pages.pages);
    if (watch->drawn && watch->drawn_for != watch->plan.columns)
        buf_add_text(frame, CLEAR_ALL); /* the terminal has wrapped its lines anew */
    else if (watch->drawn)
        buf_addf(frame, UP_AND_CLEAR, watch->drawn);
    unsigned above = rows_of(strlen(how_often) - 1, watch->plan.columns);
    buf_add_text(frame, how_often);
    watch->drawn = above + add_lines(watch, text, watch->rows - 1 - above, frame);
    watch->drawn_for = watch->plan.columns;
}

static int print(struct watch *watch, struct buf *out, struct error *err)
{
    CLEAN(buf) struct buf frame = BUF(STATUS_BYTES);
    if (watch->rows)
        draw(watch, buf_text(out), &frame);
    else
        buf_add(&frame, out->data, out->length);
    if (buf_check(&frame, "the screen", err) != 0)
        return -1;
    if (fputs(buf_text(&frame), stdout) < 0 || fflush(stdout) != 0)
        return error_set(err, ERROR_SYSTEM, "cannot write to standard output");
    return 0;
}

/* Reports how often is asked, if that has changed. On a terminal draw() shows it instead. */
static void say_how_often(struct watch *watch, int64_t every_ms)
{
    if (watch->every_ms != every_ms && !watch->rows)
        report(REPORT_NOTICE, "asking every %lld s, calls each time: %u",
               (long long)(every_ms / 1000), watch->inspect.pages.pages);
    watch->every_ms = every_ms;
}

static bool stays(const struct error *err)
{
    return err->kind == ERROR_DENIED || err->kind == ERROR_CONFIG || err->kind == ERROR_SYSTEM;
}

/* Asks and prints once. Returns -1 if that is the end. */
static int look(struct watch *watch, inspect_show_fn *show, bool json, int64_t every_ms, bool first,
                struct error *err)
{
    CLEAN(buf) struct buf out = BUF(STATUS_BYTES);
    measure_terminal(watch, json);
    if (show(&watch->inspect, json, &out, err) < 0) {
        if (first || watch->inspect.interruption.number || stays(err))
            return -1;
        report(REPORT_WARNING, "warning: %s; asking again", err->text);
        *err = (struct error){0};
        watch->drawn = 0; /* what stands there is no longer just above */
        return 0;
    }
    int64_t pages_ms = (int64_t)watch->inspect.pages.pages * WATCH_PAGE_MS;
    say_how_often(watch, ms_max(pages_ms, every_ms));
    return print(watch, &out, err);
}

int watch_run(const struct inspect_plan *plan, inspect_show_fn *show, bool json, int64_t every_ms,
              struct error *err)
{
    struct watch watch = {.plan = *plan};
    int result = inspect_open(&watch.inspect, &watch.plan, err);
    for (bool first = true; result == 0; first = false) {
        struct mono asked = mono_now();
        result = look(&watch, show, json, every_ms, first, err);
        if (result == 0 && wait_until(&watch.inspect.wakeup, mono_add(asked, watch.every_ms)))
            break;
    }
    int status = inspect_failed(&watch.inspect, err);
    if (watch.inspect.interruption.number)
        *err = (struct error){0}; /* whoever sent it knows why */
    inspect_close(&watch.inspect);
    return status;
}
