#include "base/date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define YEAR_FIRST   1970
#define YEAR_LAST    9999
#define DIGITS_BYTES 15 /* "20300102030405" and a NUL */

/*
 * Takes the shape off the front, in which each 0 stands for any digit, and adds these digits to
 * out. False, and nothing is taken, if the text begins otherwise.
 */
static bool take(struct text *rest, const char *shape, char out[DIGITS_BYTES])
{
    char digits[DIGITS_BYTES] = "";
    size_t count = 0, length = strlen(shape);
    if (length > rest->length)
        return false;
    for (size_t i = 0; i < length; i++) {
        char byte = rest->data[i];
        if (shape[i] == '0' && byte >= '0' && byte <= '9')
            digits[count++] = byte;
        else if (shape[i] == '0' || byte != shape[i])
            return false;
    }
    memcpy(out + strlen(out), digits, count + 1); /* the shapes of a moment have fourteen */
    *rest = text_behind(*rest, length);
    return true;
}

/* "20300102030405"; -1 if there is no such day or time. */
static int moment(const char digits[DIGITS_BYTES], int64_t add_ms, struct wall *ret_wall)
{
    struct tm tm = {0};
    int second, year;
    (void)sscanf(digits, "%4d%2d%2d%2d%2d%2d", &year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
                 &tm.tm_min, &second); /* digits only, and all of them */
    tm.tm_year = year - 1900;
    tm.tm_mon--;
    struct tm same = tm;
    int64_t seconds = timegm(&same) + second; /* turns the 31st of June into the 1st of July */
    if (year < YEAR_FIRST || second > 60 || same.tm_mon != tm.tm_mon ||
        same.tm_mday != tm.tm_mday || same.tm_hour != tm.tm_hour || same.tm_min != tm.tm_min)
        return -1;
    *ret_wall = (struct wall){seconds * 1000 + add_ms};
    return 0;
}

static bool take_fraction(struct text *rest, int64_t *ret_ms)
{
    char point[DIGITS_BYTES] = "", digit[DIGITS_BYTES] = "";
    int64_t scale = 100;
    *ret_ms = 0;
    if (!take(rest, ".", point) && !take(rest, ",", point))
        return true;
    for (; take(rest, "0", digit); digit[0] = '\0', scale /= 10)
        *ret_ms += (digit[0] - '0') * scale;
    return scale < 100;
}

/* East of Greenwich. */
static bool take_offset(struct text *rest, int64_t *ret_ms)
{
    char digits[DIGITS_BYTES] = "";
    int hours = 0, minutes = 0;
    *ret_ms = 0;
    if (take(rest, "Z", digits) || take(rest, "z", digits) || take(rest, "UTC", digits))
        return true;
    int sign = take(rest, "-", digits) ? -1 : 1;
    if (sign > 0 && !take(rest, "+", digits))
        return false;
    if (!take(rest, "00:00", digits) && !take(rest, "0000", digits) && !take(rest, "00", digits))
        return false;
    (void)sscanf(digits, "%2d%2d", &hours, &minutes); /* which may be left out */
    *ret_ms = (int64_t)sign * (hours * 60 + minutes) * 60000;
    return hours < 24 && minutes < 60;
}

int date_parse_iso(struct text text, struct wall *ret_wall)
{
    char digits[DIGITS_BYTES] = "";
    int64_t ms, offset_ms;
    if (!take(&text, "0000-00-00T00:00:00", digits) &&
        !take(&text, "0000-00-00 00:00:00", digits) && !take(&text, "00000000T000000", digits) &&
        !take(&text, "00000000 000000", digits))
        return -1;
    if (!take_fraction(&text, &ms) || !take_offset(&text, &offset_ms) || text.length)
        return -1;
    return moment(digits, ms - offset_ms, ret_wall);
}

int date_parse_http(struct text text, struct wall *ret_wall)
{
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char shape[] = ", 00 Mon 0000 00:00:00 GMT", digits[DIGITS_BYTES] = "", sorted[DIGITS_BYTES];
    text = text_trim(text);
    if (text.length != 3 + strlen(shape)) /* the day of the week says nothing new */
        return -1;
    text = text_behind(text, 3);
    for (unsigned i = 0; i < 12; i++) {
        memcpy(strchr(shape, ' ') + 4, months[i], 3);
        if (!take(&text, shape, digits))
            continue;
        (void)snprintf(sorted, sizeof(sorted), "%.4s%02u%.2s%s", digits + 2, i + 1, digits,
                       digits + 6);
        return moment(sorted, 0, ret_wall);
    }
    return -1;
}

static bool split(struct wall wall, struct tm *ret_tm)
{
    time_t seconds = (time_t)(wall.ms / 1000);
    return wall.ms >= 0 && gmtime_r(&seconds, ret_tm) && ret_tm->tm_year + 1900 <= YEAR_LAST;
}

void date_write_iso(struct wall wall, char out[DATE_ISO_BYTES])
{
    struct tm tm;
    out[0] = '\0';
    if (split(wall, &tm))
        (void)strftime(out, DATE_ISO_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm); /* fits, as do all */
}

void date_write_basic(struct wall wall, char out[DATE_BASIC_BYTES])
{
    struct tm tm;
    out[0] = '\0';
    if (split(wall, &tm))
        (void)strftime(out, DATE_BASIC_BYTES, "%Y%m%dT%H%M%SZ", &tm);
}

void date_write_http(struct wall wall, char out[DATE_HTTP_BYTES])
{
    struct tm tm;
    out[0] = '\0';
    if (split(wall, &tm)) /* nobody has set a locale in which days have other names */
        (void)strftime(out, DATE_HTTP_BYTES, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}
