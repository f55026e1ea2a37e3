/*
 * text - a borrowed view of bytes, and bounded parsing of what users and servers write.
 *
 * A struct text owns nothing and need not be NUL-terminated; it lives as long as what it
 * points into. Parsers take the whole view or fail: no trailing junk, no overflow, no locale.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    const char *data;
    size_t length;
};

/* The two arguments for the "%.*s" of printf. */
#define TEXT_ARGS(text) (int)(text).length, (text).data

struct text text_from(const char *string); /* NULL gives an empty view */
struct text text_slice(const char *data, size_t length);
bool text_equal(struct text text, const char *string);
bool text_same(struct text a, struct text b);
int text_order(struct text a, struct text b); /* below, equal to or above 0, byte by byte */
bool text_starts(struct text text, const char *prefix);
struct text text_behind(struct text text, size_t length); /* without its first bytes */
bool text_same_name(struct text a, struct text b);        /* whatever the case of ASCII letters */
struct text text_trim(struct text text); /* without blanks, tabs, CR and LF at both ends */

/*
 * Takes the next piece off the front of *rest, with the separator that follows it. The last piece
 * has none; after it rest->data is NULL, and the next call returns false. So an empty view that is
 * not NULL has one piece, which is empty.
 */
bool text_next(struct text *rest, char separator, struct text *ret_piece);

/* Bytes of the UTF-8 character (RFC 3629) that text begins with; 0 if it begins with none. */
size_t text_utf8_length(struct text text);
bool text_is_utf8(struct text text);
size_t text_characters(struct text text); /* of UTF-8; a byte that is none counts as one */

/* Decimal digits only, at least one. Returns 0, or -1 if it is not that or exceeds max. */
int text_parse_u64(struct text text, uint64_t max, uint64_t *ret_value);

/*
 * A duration: terms of digits and a unit, d, h, m or s, each at most once and the largest first:
 * "15m", "1h30m". One term alone may go without a unit, for seconds: "90"; the last one may have a
 * fraction: "1.5". Returns 0 and milliseconds, rounded up; -1 if it is not that or exceeds max_ms.
 */
int text_parse_duration_ms(struct text text, int64_t max_ms, int64_t *ret_ms);

/*
 * Copies text into out so that it is safe on a terminal: bytes outside printable ASCII become
 * '?'. Always NUL-terminates; cuts silently at size. Returns out.
 */
char *text_printable(struct text text, char *out, size_t size);

#endif
