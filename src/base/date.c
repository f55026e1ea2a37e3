#include "base/date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define YEAR_FIRST 1970
#define YEAR_LAST  9999
#define OFFSET_MAX 24 /* hours */

/* A walk over the text. Once something did not fit, `bad` stays. */
struct reader {
    struct text rest;
    bool bad;
};

static bool at_digit(const struct reader *reader)
{
    return reader->rest.length && reader->rest.data[0] >= '0' && reader->rest.data[0] <= '9';
}

static void skip(struct reader *reader, size_t length)
{
    reader->rest.data += length;
    reader->rest.length -= length;
}

/* Exactly `digits` of them, between min and max. */
static int number(struct reader *reader, unsigned digits, int min, int max)
{
    int value = 0;
    for (unsigned i = 0; i < digits; i++) {
        if (!at_digit(reader)) {
            reader->bad = true;
            return min;
        }
        value = value * 10 + (reader->rest.data[0] - '0');
        skip(reader, 1);
    }
    reader->bad = reader->bad || value < min || value > max;
    return value;
}

static bool take(struct reader *reader, const char *word)
{
    if (!text_starts(reader->rest, word))
        return false;
    skip(reader, strlen(word));
    return true;
}

static void expect(struct reader *reader, const char *word)
{
    reader->bad = !take(reader, word) || reader->bad;
}

static int64_t fraction_ms(struct reader *reader)
{
    int64_t ms = 0, scale = 100;
    if (!take(reader, ".") && !take(reader, ","))
        return 0;
    reader->bad = reader->bad || !at_digit(reader);
    for (; at_digit(reader); skip(reader, 1), scale /= 10)
        ms += (reader->rest.data[0] - '0') * scale;
    return ms;
}

/* Seconds east of Greenwich. */
static int offset_s(struct reader *reader)
{
    if (take(reader, "Z") || take(reader, "z") || take(reader, "UTC"))
        return 0;
    int sign = take(reader, "-") ? -1 : 1;
    if (sign > 0)
        expect(reader, "+");
    int hours = number(reader, 2, 0, OFFSET_MAX - 1), minutes = 0;
    if (take(reader, ":") || reader->rest.length)
        minutes = number(reader, 2, 0, 59);
    return sign * (hours * 60 + minutes) * 60;
}

/* The moment of a day and time in UTC; -1 if there is no such day. */
static int moment(const struct reader *reader, struct tm *tm, int64_t add_ms, struct wall *ret_wall)
{
    int day = tm->tm_mday;
    if (reader->bad || reader->rest.length)
        return -1;
    int64_t seconds = timegm(tm); /* turns the 31st of June into the 1st of July */
    if (tm->tm_mday != day)
        return -1;
    *ret_wall = (struct wall){seconds * 1000 + add_ms};
    return 0;
}

int date_parse_iso(struct text text, struct wall *ret_wall)
{
    struct reader reader = {text, false};
    bool basic = text.length > 4 && text.data[4] != '-';
    const char *dash = basic ? "" : "-", *colon = basic ? "" : ":";
    struct tm tm = {0};
    tm.tm_year = number(&reader, 4, YEAR_FIRST, YEAR_LAST) - 1900;
    expect(&reader, dash);
    tm.tm_mon = number(&reader, 2, 1, 12) - 1;
    expect(&reader, dash);
    tm.tm_mday = number(&reader, 2, 1, 31);
    if (!take(&reader, " "))
        expect(&reader, "T");
    tm.tm_hour = number(&reader, 2, 0, 23);
    expect(&reader, colon);
    tm.tm_min = number(&reader, 2, 0, 59);
    expect(&reader, colon);
    int second = number(&reader, 2, 0, 60);
    int64_t ms = fraction_ms(&reader) + (int64_t)second * 1000;
    ms -= (int64_t)offset_s(&reader) * 1000;
    return moment(&reader, &tm, ms, ret_wall);
}

static int month(struct reader *reader)
{
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (int i = 0; i < 12; i++)
        if (take(reader, names[i]))
            return i;
    reader->bad = true;
    return 0;
}

int date_parse_http(struct text text, struct wall *ret_wall)
{
    struct reader reader = {text_trim(text), false};
    struct tm tm = {0};
    if (reader.rest.length < 5)
        return -1;
    skip(&reader, 3); /* the day of the week says nothing new */
    expect(&reader, ", ");
    tm.tm_mday = number(&reader, 2, 1, 31);
    expect(&reader, " ");
    tm.tm_mon = month(&reader);
    expect(&reader, " ");
    tm.tm_year = number(&reader, 4, YEAR_FIRST, YEAR_LAST) - 1900;
    expect(&reader, " ");
    tm.tm_hour = number(&reader, 2, 0, 23);
    expect(&reader, ":");
    tm.tm_min = number(&reader, 2, 0, 59);
    expect(&reader, ":");
    int second = number(&reader, 2, 0, 60);
    expect(&reader, " GMT");
    return moment(&reader, &tm, (int64_t)second * 1000, ret_wall);
}

void date_write_iso(struct wall wall, char out[DATE_ISO_BYTES])
{
    time_t seconds = (time_t)(wall.ms / 1000);
    struct tm tm;
    out[0] = '\0';
    if (wall.ms < 0 || !gmtime_r(&seconds, &tm) || tm.tm_year + 1900 > YEAR_LAST)
        return;
    if (strftime(out, DATE_ISO_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        out[0] = '\0';
}
