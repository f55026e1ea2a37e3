/* The tags of aws/logs: "KEY=VALUE,..." checked, and written for CreateLogGroup. */
#include <stdio.h>
#include <string.h>

#include "aws/logs.h"
#include "base/json.h"

#define TAGS_MAX        50 /* API_CreateLogGroup: tags, their keys and values */
#define TAG_KEY_BYTES   128
#define TAG_VALUE_BYTES 256

/* Takes the first KEY=VALUE off the list. False at its end. */
static bool next_tag(const char **list, struct text *key, struct text *value)
{
    if (!*list || !**list)
        return false;
    size_t length = strcspn(*list, ",");
    const char *equals = memchr(*list, '=', length);
    size_t key_length = equals ? (size_t)(equals - *list) : length;
    *key = text_slice(*list, key_length);
    *value = equals ? text_slice(equals + 1, length - key_length - 1) : text_from("");
    *list += length;
    if (**list == ',')
        ++*list;
    return true;
}

static bool came_before(const char *list, struct text key)
{
    struct text other, value;
    while (next_tag(&list, &other, &value) && other.data != key.data) {
        if (text_same(other, key))
            return true;
    }
    return false;
}

int logs_check_tags(const char *tags, struct error *err)
{
    struct text key, value;
    int count = 0;
    for (const char *rest = tags; next_tag(&rest, &key, &value);) {
        char shown[TAG_KEY_BYTES + 1];
        const char *reason = NULL;
        if (key.length == 0 || value.data != key.data + key.length + 1)
            reason = "is not KEY=VALUE";
        else if (key.length > TAG_KEY_BYTES)
            reason = "has a key of more than 128 characters";
        else if (value.length > TAG_VALUE_BYTES)
            reason = "has a value of more than 256 characters";
        else if (text_starts(key, "aws:"))
            reason = "has a key that is reserved for AWS";
        else if (!text_is_utf8(key) || !text_is_utf8(value))
            reason = "is not UTF-8";
        else if (came_before(tags, key))
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
    struct text key, value;
    if (!tags || !*tags)
        return; /* an empty object would be refused */
    json_object(body, "tags");
    while (next_tag(&tags, &key, &value)) {
        char copy[TAG_KEY_BYTES + 1]; /* logs_check_tags has seen to its length */
        (void)snprintf(copy, sizeof(copy), "%.*s", TEXT_ARGS(key));
        json_text(body, copy, value);
    }
    json_object_end(body);
}
