/* The tags of aws/logs: "KEY=VALUE,..." checked, and written for CreateLogGroup. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "aws/logs.h"
#include "base/json.h"

/* API_CreateLogGroup: tags, their keys and values, in characters, not bytes. */
#define TAGS_MAX             50
#define TAG_KEY_CHARACTERS   128
#define TAG_VALUE_CHARACTERS 256
#define TAG_KEY_BYTES        (TAG_KEY_CHARACTERS * 4)
#define TAG_RESERVED         "aws:" /* in any case */
#define SHOWN_BYTES          160    /* of a key in a message */

/* Takes the first KEY=VALUE off the list; value->data is NULL without '='. False at its end. */
static bool next_tag(struct text *list, struct text *key, struct text *value)
{
    bool more = list->length && text_next(list, ',', value);
    return more && text_next(value, '=', key);
}

static bool came_before(struct text list, struct text key)
{
    struct text other, value;
    while (next_tag(&list, &other, &value) && other.data != key.data) {
        if (text_same(other, key))
            return true;
    }
    return false;
}

/* Of ASCII; which of the other characters are letters and digits is left to the service. */
static bool in_alphabet(struct text text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte < 0x80 && !isalnum(byte) && !strchr(" _.:/=+-@", byte))
            return false;
    }
    return true;
}

/* What the service would say against the tag, or NULL. */
static const char *check_tag(struct text key, struct text value)
{
    if (key.length == 0 || !value.data)
        return "is not KEY=VALUE";
    if (!text_is_utf8(key) || !text_is_utf8(value))
        return "is not UTF-8";
    if (text_characters(key) > TAG_KEY_CHARACTERS)
        return "has a key of more than 128 characters";
    if (text_characters(value) > TAG_VALUE_CHARACTERS)
        return "has a value of more than 256 characters";
    if (strncasecmp(key.data, TAG_RESERVED, strlen(TAG_RESERVED)) == 0)
        return "has a key that is reserved for AWS";
    if (!in_alphabet(key) || !in_alphabet(value))
        return "may hold letters, digits, blanks and _.:/=+-@ only";
    return NULL;
}

int logs_check_tags(const char *tags, struct error *err)
{
    struct text key, value, rest = text_from(tags);
    int count = 0;
    while (next_tag(&rest, &key, &value)) {
        char shown[SHOWN_BYTES];
        const char *reason = check_tag(key, value);
        if (!reason && came_before(text_from(tags), key))
            reason = "comes twice";
        if (reason)
            return error_set(err, ERROR_USAGE, "tag '%s' %s",
                             text_printable(key, shown, sizeof(shown)), reason);
        if (++count > TAGS_MAX)
            return error_set(err, ERROR_USAGE, "more than %d tags", TAGS_MAX);
    }
    return 0;
}

void logs_write_tags(const char *tags, struct buf *body)
{
    struct text key, value, rest = text_from(tags);
    if (!rest.length)
        return; /* an empty object would be refused */
    json_object(body, "tags");
    while (next_tag(&rest, &key, &value)) {
        char copy[TAG_KEY_BYTES + 1]; /* logs_check_tags has seen to its length */
        (void)snprintf(copy, sizeof(copy), "%.*s", TEXT_ARGS(key));
        json_text(body, copy, value);
    }
    json_object_end(body);
}
