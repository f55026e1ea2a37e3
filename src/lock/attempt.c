#include "lock/attempt.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TIMEOUT_MAX_S (366ULL * 24 * 3600) /* no run means a longer #t */
#define EXPECT_MAX_S  (ATTEMPT_EXPECT_MS / 1000)
#define MUTEX_WORD    "#mutex" /* an ID holds no '#' */
#define BREAK_WORD    "#break"
#define STAMP_MAX     (1000ULL * 1000 * 1000 * 1000 * 1000) /* ms; the year 33658 */

static bool parse_stamp(struct text text, int64_t *ret_value)
{
    uint64_t value;
    if (text_parse_u64(text, STAMP_MAX, &value) != 0)
        return false;
    *ret_value = (int64_t)value;
    return true;
}

static void parse_number(struct text text, uint32_t *ret_value)
{
    uint64_t value;
    if (text_parse_u64(text, UINT32_MAX, &value) == 0)
        *ret_value = (uint32_t)value;
}

/* Somebody's word about how long a hold will take: no number is none, too much is a year. */
static void parse_expect(struct text text, int64_t *ret_ms)
{
    uint64_t seconds;
    if (text_parse_u64(text, UINT64_MAX, &seconds) == 0)
        *ret_ms = seconds < EXPECT_MAX_S ? (int64_t)seconds * 1000 : ATTEMPT_EXPECT_MS;
}

static void parse_tag(struct text tag, struct attempt *attempt)
{
    struct text rest = {tag.data + 1, tag.length - 1};
    switch (tag.data[0]) {
    case 'u':
        attempt->nonce = rest;
        break;
    case 'g':
        parse_number(rest, &attempt->generation);
        break;
    case 'q':
        (void)parse_stamp(rest, &attempt->ticket_ms); /* not a stamp: as if not given */
        break;
    case 'h':
        if (rest.length == 0 || parse_stamp(rest, &attempt->first_claim_ms))
            attempt->claim = true;
        break;
    case 'k':
        (void)parse_stamp(rest, &attempt->token); /* not a number: as if not given */
        break;
    case 's':
        attempt->shared = rest.length == 0;
        break;
    case 'n':
        parse_number(rest, &attempt->slots);
        if (attempt->slots == 0)
            attempt->slots = 1;
        break;
    case 'm':
        parse_number(rest, &attempt->slot);
        break;
    case 'e':
        parse_expect(rest, &attempt->expect_ms);
        break;
    case 'l':
        attempt->label = rest;
        break;
    default: /* the grammar may grow */
        break;
    }
}

/* Takes "#tag" off the front of the text; false when there is none. */
static bool next_tag(struct text *rest, struct text *ret_tag)
{
    if (rest->length == 0)
        return false;
    const char *start = rest->data + 1;
    size_t length = rest->length - 1;
    const char *end = length ? memchr(start, '#', length) : NULL;
    *ret_tag = text_slice(start, end ? (size_t)(end - start) : length);
    *rest = text_slice(start + ret_tag->length, length - ret_tag->length);
    return true;
}

static bool parse_timeout(struct text tag, int64_t *ret_ms)
{
    uint64_t seconds;
    if (!text_starts(tag, "t"))
        return false;
    if (text_parse_u64(text_slice(tag.data + 1, tag.length - 1), UINT64_MAX, &seconds) != 0)
        return false;
    *ret_ms = (int64_t)(seconds < TIMEOUT_MAX_S ? seconds : TIMEOUT_MAX_S) * 1000;
    return true;
}

/* PREFIX/#mutex, #mutex.K: exactly so, or it is as good as any other name. */
static bool parse_shared(struct text rest, const char *word, uint32_t *ret_slot)
{
    size_t length = strlen(word);
    uint64_t slot = 0;
    if (!text_starts(rest, word))
        return false;
    struct text more = text_slice(rest.data + length, rest.length - length);
    if (more.length == 0) {
        *ret_slot = 0;
        return true;
    }
    if (more.data[0] != '.' || more.length < 2 || more.data[1] == '0' ||
        text_parse_u64(text_slice(more.data + 1, more.length - 1), UINT32_MAX, &slot) != 0)
        return false;
    *ret_slot = (uint32_t)slot;
    return true;
}

enum attempt_kind attempt_parse(struct text prefix, struct text name, struct attempt *ret)
{
    if (name.length <= prefix.length || memcmp(name.data, prefix.data, prefix.length) != 0 ||
        name.data[prefix.length] != '/')
        return ATTEMPT_ELSEWHERE;
    struct text rest = {name.data + prefix.length + 1, name.length - prefix.length - 1};
    if (rest.length && memchr(rest.data, '/', rest.length))
        return ATTEMPT_ELSEWHERE;
    *ret = (struct attempt){
        .id = rest,
        .ticket_ms = ATTEMPT_UNKNOWN,
        .first_claim_ms = ATTEMPT_UNKNOWN,
        .token = ATTEMPT_UNKNOWN,
        .slots = 1,
    };
    if (parse_shared(rest, MUTEX_WORD, &ret->slot))
        return ATTEMPT_MUTEX;
    if (parse_shared(rest, BREAK_WORD, &ret->slot))
        return ATTEMPT_BREAK;
    const char *mark = rest.length ? memchr(rest.data, '#', rest.length) : NULL;
    if (!mark)
        return ATTEMPT_UNMARKED;
    struct text id = {rest.data, (size_t)(mark - rest.data)};
    struct text tags = {mark, rest.length - id.length}, tag;
    if (!next_tag(&tags, &tag) || !parse_timeout(tag, &ret->lock_timeout_ms))
        return ATTEMPT_UNMARKED;
    ret->id = id;
    while (next_tag(&tags, &tag))
        if (tag.length)
            parse_tag(tag, ret);
    return ATTEMPT_MARKED;
}

__attribute__((format(printf, 2, 3))) static void append(char out[ATTEMPT_NAME_BYTES + 1],
                                                         const char *format, ...)
{
    size_t used = strlen(out);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(out + used, ATTEMPT_NAME_BYTES + 1 - used, format, args); /* length checked */
    va_end(args);
}

void attempt_format(const char *prefix, const struct attempt *attempt,
                    char out[ATTEMPT_NAME_BYTES + 1])
{
    out[0] = '\0';
    append(out, "%s/%.*s#t%lld", prefix, TEXT_ARGS(attempt->id),
           (long long)(attempt->lock_timeout_ms / 1000));
    if (attempt->nonce.length)
        append(out, "#u%.*s", TEXT_ARGS(attempt->nonce));
    if (attempt->generation)
        append(out, "#g%u", attempt->generation);
    if (attempt->ticket_ms != ATTEMPT_UNKNOWN)
        append(out, "#q%lld", (long long)attempt->ticket_ms);
    if (attempt->shared)
        append(out, "#s");
    if (attempt->slots > 1)
        append(out, "#n%u", attempt->slots);
    if (attempt->claim && attempt->first_claim_ms != ATTEMPT_UNKNOWN)
        append(out, "#h%lld", (long long)attempt->first_claim_ms);
    else if (attempt->claim)
        append(out, "#h");
    if (attempt->token != ATTEMPT_UNKNOWN)
        append(out, "#k%lld", (long long)attempt->token);
    if (attempt->slot)
        append(out, "#m%u", attempt->slot);
    if (attempt->expect_ms)
        append(out, "#e%lld", (long long)((attempt->expect_ms + 999) / 1000));
    if (attempt->label.length)
        append(out, "#l%.*s", TEXT_ARGS(attempt->label));
}

void attempt_format_shared(const char *prefix, enum attempt_kind kind, uint32_t slot,
                           char out[ATTEMPT_NAME_BYTES + 1])
{
    out[0] = '\0';
    append(out, "%s/%s", prefix, kind == ATTEMPT_BREAK ? BREAK_WORD : MUTEX_WORD);
    if (slot)
        append(out, ".%u", slot);
}

int64_t attempt_ends_ms(const struct attempt *attempt, int64_t since_ms)
{
    return attempt->claim && attempt->expect_ms ? since_ms + attempt->expect_ms : ATTEMPT_UNKNOWN;
}

bool attempt_same_run(const struct attempt *a, const struct attempt *b)
{
    return text_same(a->id, b->id) && text_same(a->nonce, b->nonce);
}

/* The first byte outside A-Za-z0-9_.- and `more`, or '\0' if there is none. */
static char strange_byte(const char *text, const char *more)
{
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr("_.-", *text) && !strchr(more, *text))
            return *text;
    return '\0';
}

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text > 0x7e || (unsigned char)*text < 0x20)
            return false;
    return true;
}

/* A value from the command line, safe to repeat in a message. */
struct shown {
    char text[128];
};

static struct shown show(const char *value)
{
    struct shown shown;
    (void)text_printable(text_from(value), shown.text, sizeof(shown.text));
    if (strlen(value) >= sizeof(shown.text))
        memcpy(shown.text + sizeof(shown.text) - 4, "...", 4);
    return shown;
}

int attempt_check_prefix(const char *prefix, struct error *err)
{
    size_t length = strlen(prefix);
    char strange = strange_byte(prefix, "/#");
    if (length == 0)
        return error_set(err, ERROR_USAGE, "the prefix is empty");
    if (strange || !is_ascii(prefix))
        return error_set(err, ERROR_USAGE, "prefix '%s' has a character outside A-Za-z0-9_/.#-",
                         show(prefix).text);
    if (prefix[length - 1] == '/')
        return error_set(err, ERROR_USAGE, "prefix '%s' ends in '/'", show(prefix).text);
    const char *first = prefix[0] == '/' ? prefix + 1 : prefix;
    if (strncasecmp(first, "aws", 3) == 0 && (first[3] == '/' || first[3] == '\0'))
        return error_set(err, ERROR_USAGE,
                         "prefix '%s' makes names that begin with '%s', where AWS services keep "
                         "their logs",
                         show(prefix).text, prefix[0] == '/' ? "/aws/" : "aws/");
    if (strstr(prefix, "aws-controltower"))
        return error_set(err, ERROR_USAGE,
                         "prefix '%s' contains 'aws-controltower', which AWS Control Tower guards",
                         show(prefix).text);
    if (length > ATTEMPT_NAME_BYTES)
        return error_set(err, ERROR_USAGE, "prefix '%s' has %zu characters; a name has at most %d",
                         show(prefix).text, length, ATTEMPT_NAME_BYTES);
    return 0;
}

int attempt_check_id(const char *id, struct error *err)
{
    if (!*id)
        return error_set(err, ERROR_USAGE, "the ID is empty");
    if (strange_byte(id, "") || !is_ascii(id))
        return error_set(err, ERROR_USAGE, "ID '%s' has a character outside A-Za-z0-9_.-",
                         show(id).text);
    if (strstr(id, "aws-controltower"))
        return error_set(err, ERROR_USAGE,
                         "ID '%s' contains 'aws-controltower', which AWS Control Tower guards",
                         show(id).text);
    return 0;
}

int attempt_check_length(const char *prefix, const char *id, const char *label, struct error *err)
{
    size_t label_bytes = label && *label ? strlen(label) + 2 : 0;
    size_t length = strlen(prefix) + 1 + strlen(id) + label_bytes + ATTEMPT_TAGS_BYTES;
    if (length <= ATTEMPT_NAME_BYTES)
        return 0;
    return error_set(err, ERROR_USAGE,
                     "prefix '%s' with ID '%s', its label and the %d characters that the lock adds "
                     "makes %zu characters; the limit is %d",
                     show(prefix).text, show(id).text, ATTEMPT_TAGS_BYTES, length,
                     ATTEMPT_NAME_BYTES);
}

void attempt_label(const char *text, char out[ATTEMPT_LABEL_BYTES + 1])
{
    size_t length = 0;
    for (; *text && length < ATTEMPT_LABEL_BYTES; text++) {
        char byte[2] = {*text, '\0'};
        out[length++] = (char)(strange_byte(byte, "") || !is_ascii(byte) ? '-' : *text);
    }
    out[length] = '\0';
}
