#include "base/report.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/json.h"
#include "base/text.h"
#include "base/writer.h"

#define NAME       "withlock: "
#define ERASE_LINE "\r\033[K"

static struct {
    enum report_level highest;
    bool json;
    bool terminal;
    bool queued;
    atomic_bool in_place; /* a progress line stands on the terminal */
    atomic_uint dropped;
} state = {.highest = REPORT_NOTICE};

void report_init(enum report_level highest, bool json)
{
    state.highest = highest;
    state.json = json;
    state.terminal = !json && isatty(STDERR_FILENO);
    state.in_place = false;
}

void report_never_block(void)
{
    writer_begin(STDERR_FILENO);
    state.queued = true;
}

void report_forked(void)
{
    if (state.queued)
        writer_forked();
}

void report_flush(void)
{
    if (state.queued)
        (void)writer_flush(REPORT_WRITE_MS); /* what is not written by then may be later */
}

void report_finish(void)
{
    if (state.queued)
        (void)writer_finish(REPORT_WRITE_MS); /* there is nobody to tell */
}

bool report_shows(enum report_level level)
{
    return level <= state.highest;
}

bool report_is_json(void)
{
    return state.json;
}

enum report_level report_event_level(void)
{
    return state.json ? REPORT_NOTICE : REPORT_VERBOSE;
}

/* Is another process group, mostly the shell's, in the foreground of the terminal? */
static bool is_background(void)
{
    pid_t foreground = tcgetpgrp(STDERR_FILENO); /* fails if it is not our terminal */
    return foreground >= 0 && foreground != getpgrp();
}

bool report_on_terminal(void)
{
    return state.terminal;
}

bool report_in_place(void)
{
    return state.terminal && !is_background();
}

/* A failure is ignored: standard error is closed, and there is nowhere else to report that. */
static void put(const char *data, size_t length)
{
    if (!state.queued)
        (void)!write(STDERR_FILENO, data, length);
    else if (!writer_add(data, length))
        atomic_fetch_add(&state.dropped, 1);
}

static void add_time(struct buf *line)
{
    struct wall now = wall_now();
    char seconds[DATE_ISO_BYTES], text[40];
    date_write_iso(now, seconds);
    (void)snprintf(text, sizeof(text), "%.*s.%03dZ", (int)strcspn(seconds, "Z"), seconds,
                   (int)(now.ms % 1000)); /* fits */
    json_string(line, "time", text);
}

static void add_json(struct buf *line, enum report_level level, const char *event,
                     const struct report_field *fields, unsigned count, const char *message)
{
    static const char *const levels[] = {"error", "warning", "notice", "verbose", "calls"};
    json_object(line, NULL);
    add_time(line);
    json_string(line, "level", levels[level]);
    json_string(line, "event", event);
    json_string(line, "message", message);
    for (unsigned i = 0; i < count; i++)
        if (fields[i].text)
            json_string(line, fields[i].name, fields[i].text);
        else
            json_integer(line, fields[i].name, fields[i].number);
    json_object_end(line);
    buf_add_char(line, '\n');
}

/* A line that is to be erased must not wrap. */
unsigned report_progress_room(void)
{
    struct winsize size;
    unsigned taken = (unsigned)strlen(NAME) + 1;
    if (!report_in_place() || ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col <= taken)
        return 0;
    return size.ws_col - taken;
}

/* Allocates nothing, so that a message can tell that memory has run out. */
static void put_text(const char *message, bool in_place)
{
    char line[REPORT_LINE_BYTES + sizeof(NAME) + sizeof(ERASE_LINE)];
    int length = snprintf(line, sizeof(line), "%s" NAME "%s%s", state.in_place ? ERASE_LINE : "",
                          message, in_place ? "" : "\n"); /* fits */
    state.in_place = in_place;
    put(line, (size_t)length);
}

static void put_message(enum report_level level, const char *event,
                        const struct report_field *fields, unsigned count, const char *message,
                        bool in_place)
{
    CLEAN(buf) struct buf line = BUF(4 * REPORT_LINE_BYTES);
    if (state.json)
        add_json(&line, level, event, fields, count, message);
    if (state.json && !line.failed)
        put(line.data, line.length);
    else
        put_text(message, in_place);
}

static void put_dropped(void)
{
    char message[64];
    unsigned count = atomic_exchange(&state.dropped, 0);
    if (!count)
        return;
    (void)snprintf(message, sizeof(message), "warning: %u messages were dropped: nobody read them",
                   count); /* fits */
    put_message(REPORT_WARNING, "message", NULL, 0, message, false);
}

static void __attribute__((format(printf, 6, 0)))
write_message(enum report_level level, const char *event, const struct report_field *fields,
              unsigned count, bool progress, const char *format, va_list args)
{
    bool in_place = progress && report_in_place();
    unsigned room = in_place ? report_progress_room() : 0;
    char raw[REPORT_LINE_BYTES], message[REPORT_LINE_BYTES];
    (void)vsnprintf(raw, sizeof(raw), format, args); /* cutting is fine */
    (void)text_printable(text_from(raw), message, sizeof(message));
    if (room && strlen(message) > room)
        message[room] = '\0';
    put_dropped();
    put_message(level, event, fields, count, message, in_place);
}

void report(enum report_level level, const char *format, ...)
{
    if (!report_shows(level))
        return;
    va_list args;
    va_start(args, format);
    write_message(level, "message", NULL, 0, false, format, args);
    va_end(args);
}

void report_event(enum report_level level, const char *event, const struct report_field *fields,
                  unsigned count, const char *format, ...)
{
    if (!report_shows(level))
        return;
    va_list args;
    va_start(args, format);
    write_message(level, event, fields, count, false, format, args);
    va_end(args);
}

void report_progress(const char *event, const struct report_field *fields, unsigned count,
                     const char *format, ...)
{
    if (!report_shows(REPORT_NOTICE))
        return;
    va_list args;
    va_start(args, format);
    write_message(REPORT_NOTICE, event, fields, count, true, format, args);
    va_end(args);
}

void report_progress_end(void)
{
    if (!state.in_place)
        return;
    state.in_place = false;
    put(ERASE_LINE, sizeof(ERASE_LINE) - 1);
}
