#include "options_value.h"

#include <stdio.h>
#include <string.h>

#define VERBOSE_MAX 9

static char shown_text[80];

const char *options_shown(const char *value)
{
    return text_printable(text_from(value), shown_text, sizeof(shown_text));
}

static int bad(const struct option_given *given, const char *wants, struct error *err)
{
    return error_set(err, ERROR_USAGE, "%s '%s': %s", given->as, options_shown(given->value),
                     wants);
}

void options_seconds(int64_t ms, char *out, size_t size)
{
    if (ms % 1000)
        (void)snprintf(out, size, "%lld.%03lld", (long long)(ms / 1000), (long long)(ms % 1000));
    else
        (void)snprintf(out, size, "%lld", (long long)(ms / 1000));
}

static int bad_duration(const struct option_given *given, struct error *err)
{
    char min[32], max[32], wants[160];
    options_seconds(given->row->min, min, sizeof(min));
    options_seconds(given->row->max, max, sizeof(max));
    (void)snprintf(wants, sizeof(wants),
                   "takes %sseconds from %s to %s, such as 90, %s15m or 1h30m",
                   given->row->kind == OPTION_SECONDS ? "whole " : "", min, max,
                   given->row->kind == OPTION_SECONDS ? "" : "1.5, ");
    return bad(given, wants, err);
}

static int set_duration(const struct option_given *given, int64_t *field, struct error *err)
{
    int64_t ms;
    const struct option_row *row = given->row;
    if (text_parse_duration_ms(text_from(given->value), row->max, &ms) != 0 || ms < row->min)
        return bad_duration(given, err);
    if (row->kind == OPTION_SECONDS && ms % 1000 != 0)
        return bad_duration(given, err);
    *field = ms;
    return 0;
}

static int set_number(const struct option_given *given, uint32_t *field, struct error *err)
{
    char wants[96];
    uint64_t value;
    const struct option_row *row = given->row;
    (void)snprintf(wants, sizeof(wants), "takes a whole number from %lld to %lld",
                   (long long)row->min, (long long)row->max);
    if (text_parse_u64(text_from(given->value), (uint64_t)row->max, &value) != 0 ||
        value < (uint64_t)row->min)
        return bad(given, wants, err);
    *field = (uint32_t)value;
    return 0;
}

/* A flag on the command line has no value; as a preset it is 1, true, 0 or false. */
static int flag_value(const struct option_given *given, bool *ret_on, struct error *err)
{
    struct text value = text_from(given->value ? given->value : "1");
    if (text_equal(value, "1") || text_equal(value, "true"))
        *ret_on = true;
    else if (text_equal(value, "0") || text_equal(value, "false"))
        *ret_on = false;
    else
        return bad(given, "takes 1, true, 0 or false", err);
    return 0;
}

static int set_count(const struct option_given *given, uint32_t *field, struct error *err)
{
    bool on;
    uint64_t value;
    if (!given->value) {
        ++*field;
        return 0;
    }
    if (text_parse_u64(text_from(given->value), VERBOSE_MAX, &value) == 0) {
        *field = (uint32_t)value;
        return 0;
    }
    if (flag_value(given, &on, err) != 0)
        return -1;
    *field = on;
    return 0;
}

static int set_choice(const struct option_given *given, unsigned *field, struct error *err)
{
    unsigned index = 0;
    char wants[64];
    for (const char *word = given->row->value; word; index++) {
        size_t length = strcspn(word, "|");
        if (strlen(given->value) == length && memcmp(word, given->value, length) == 0) {
            *field = index;
            return 0;
        }
        word = word[length] ? word + length + 1 : NULL;
    }
    (void)snprintf(wants, sizeof(wants), "takes %s", given->row->value);
    return bad(given, wants, err);
}

int options_set(struct options *options, const struct option_given *given, struct error *err)
{
    void *field = (char *)options + given->row->offset;
    bool on = false;
    switch (given->row->kind) {
    case OPTION_TEXT:
        *(const char **)field = given->value;
        return 0;
    case OPTION_FLAG:
        return flag_value(given, field, err);
    case OPTION_UNFLAG:
        if (flag_value(given, &on, err) != 0)
            return -1;
        if (on)
            *(bool *)field = false;
        return 0;
    case OPTION_COUNT:
        return set_count(given, field, err);
    case OPTION_NUMBER:
        return set_number(given, field, err);
    case OPTION_DURATION:
    case OPTION_SECONDS:
        return set_duration(given, field, err);
    case OPTION_WATCH:
        if (given->value)
            return set_duration(given, field, err);
        *(int64_t *)field = OPTIONS_WATCH_MS;
        return 0;
    case OPTION_CHOICE:
        return set_choice(given, field, err);
    case OPTION_ACTION:
        *(enum options_action *)field = (enum options_action)given->row->min;
        return 0;
    case OPTION_NOWAIT:
        if (flag_value(given, &on, err) != 0)
            return -1;
        if (on)
            *(int64_t *)field = 0;
        return 0;
    }
    return error_set(err, ERROR_INTERNAL, "unknown kind of option");
}
