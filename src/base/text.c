#include "base/text.h"

#include <string.h>
#include <strings.h>

#define SECOND_MS 1000LL

struct text text_from(const char *string)
{
    return (struct text){string ? string : "", string ? strlen(string) : 0};
}

struct text text_slice(const char *data, size_t length)
{
    return (struct text){data, length};
}

bool text_equal(struct text text, const char *string)
{
    return text_same(text, text_from(string));
}

bool text_same(struct text a, struct text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

int text_order(struct text a, struct text b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter ? memcmp(a.data, b.data, shorter) : 0;
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

bool text_starts(struct text text, const char *prefix)
{
    size_t length = strlen(prefix);
    return text.length >= length && memcmp(text.data, prefix, length) == 0;
}

struct text text_behind(struct text text, size_t length)
{
    return text_slice(text.data + length, text.length - length);
}

bool text_same_name(struct text a, struct text b)
{
    return a.length == b.length && (a.length == 0 || strncasecmp(a.data, b.data, a.length) == 0);
}

bool text_next(struct text *rest, char separator, struct text *ret_piece)
{
    if (!rest->data)
        return false;
    const char *end = rest->length ? memchr(rest->data, separator, rest->length) : NULL;
    *ret_piece = text_slice(rest->data, end ? (size_t)(end - rest->data) : rest->length);
    *rest = end ? text_behind(*rest, ret_piece->length + 1) : text_slice(NULL, 0);
    return true;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct text text_trim(struct text text)
{
    while (text.length && is_blank(text.data[0])) {
        text.data++;
        text.length--;
    }
    while (text.length && is_blank(text.data[text.length - 1]))
        text.length--;
    return text;
}

static bool within(unsigned char byte, unsigned low, unsigned high)
{
    return byte >= low && byte <= high;
}

/* Well-formed sequences as in the table of Unicode 3.9 (D92): the second byte's range depends
   on the first, which keeps out overlong forms, surrogates and what is beyond U+10FFFF. */
size_t text_utf8_length(struct text text)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    if (text.length == 0)
        return 0;
    unsigned char first = bytes[0];
    if (first < 0x80)
        return 1;
    size_t length = within(first, 0xc2, 0xdf)   ? 2
                    : within(first, 0xe0, 0xef) ? 3
                    : within(first, 0xf0, 0xf4) ? 4
                                                : 0;
    if (length == 0 || length > text.length)
        return 0;
    unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (!within(bytes[1], low, high))
        return 0;
    for (size_t i = 2; i < length; i++) {
        if (!within(bytes[i], 0x80, 0xbf))
            return 0;
    }
    return length;
}

bool text_is_utf8(struct text text)
{
    while (text.length) {
        size_t length = text_utf8_length(text);
        if (length == 0)
            return false;
        text = text_behind(text, length);
    }
    return true;
}

size_t text_characters(struct text text)
{
    size_t count = 0;
    for (; text.length; count++) {
        size_t length = text_utf8_length(text);
        text = text_behind(text, length ? length : 1);
    }
    return count;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

int text_parse_u64(struct text text, uint64_t max, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (text.length == 0)
        return -1;
    for (size_t i = 0; i < text.length; i++) {
        if (!is_digit(text.data[i]))
            return -1;
        uint64_t digit = (uint64_t)(text.data[i] - '0');
        if (digit > max || value > (max - digit) / 10)
            return -1;
        value = value * 10 + digit;
    }
    *ret_value = value;
    return 0;
}

static int64_t unit_ms(char unit)
{
    switch (unit) {
    case 's':
        return SECOND_MS;
    case 'm':
        return 60 * SECOND_MS;
    case 'h':
        return 3600 * SECOND_MS;
    case 'd':
        return 24 * 3600 * SECOND_MS;
    default:
        return 0;
    }
}

/* Milliseconds of ".DIGITS" units, rounded up; -1 if a byte is no digit. */
static int64_t fraction_ms(struct text digits, int64_t unit_ms)
{
    int64_t ms = 0, scale = unit_ms;
    bool rest = false;
    for (size_t i = 0; i < digits.length; i++) {
        if (!is_digit(digits.data[i]))
            return -1;
        int64_t product = (digits.data[i] - '0') * scale;
        ms += product / 10;
        rest = rest || product % 10;
        scale /= 10;
        rest = rest || (scale == 0 && digits.data[i] != '0');
    }
    return ms + (rest ? 1 : 0);
}

/* "DIGITS", "DIGITS.DIGITS" or ".DIGITS" of a unit; -1 if it is not that or exceeds max_ms. */
static int64_t number_ms(struct text number, int64_t of_ms, int64_t max_ms)
{
    struct text whole = {NULL, 0}, fraction = number;
    uint64_t units = 0;
    (void)text_next(&fraction, '.', &whole); /* a view has one piece at least */
    if (whole.length + fraction.length == 0)
        return -1;
    if (whole.length && text_parse_u64(whole, (uint64_t)(max_ms / of_ms), &units) != 0)
        return -1;
    int64_t ms = fraction_ms(fraction, of_ms);
    return ms < 0 || (int64_t)units * of_ms > max_ms - ms ? -1 : (int64_t)units * of_ms + ms;
}

int text_parse_duration_ms(struct text text, int64_t max_ms, int64_t *ret_ms)
{
    int64_t sum_ms = 0, last_ms = INT64_MAX; /* the unit of the term before */
    do {
        struct text number = {text.data, 0};
        while (number.length < text.length &&
               (is_digit(number.data[number.length]) || number.data[number.length] == '.'))
            number.length++;
        bool named = number.length < text.length;
        if (!named && last_ms != INT64_MAX)
            return -1; /* "1h30": of what? */
        int64_t of_ms = named ? unit_ms(number.data[number.length]) : SECOND_MS;
        int64_t ms = of_ms > 0 && of_ms < last_ms ? number_ms(number, of_ms, max_ms - sum_ms) : -1;
        if (ms < 0)
            return -1;
        sum_ms += ms;
        last_ms = of_ms;
        text = text_behind(text, number.length + named);
        if (text.length && memchr(number.data, '.', number.length))
            return -1; /* only the last term has a fraction */
    } while (text.length);
    *ret_ms = sum_ms;
    return 0;
}

char *text_printable(struct text text, char *out, size_t size)
{
    size_t length = text.length < size - 1 ? text.length : size - 1;
    for (size_t i = 0; i < length; i++)
        out[i] = (char)(text.data[i] >= 0x20 && text.data[i] < 0x7f ? text.data[i] : '?');
    out[length] = '\0';
    return out;
}
