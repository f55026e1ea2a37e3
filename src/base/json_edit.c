/* What base/json.h offers on top of json_read: picking members, and replacing them. */
#include <assert.h>
#include <string.h>

#include "base/json.h"

#define REPLACEMENTS_MAX 32 /* in one json_replace */

static bool is_end(const struct json_event *event)
{
    return event->type == JSON_OBJECT_END || event->type == JSON_ARRAY_END;
}

struct picking {
    struct json_pick *picks;
    size_t count;
};

static int pick_one(void *context, const struct json_event *event, struct error *err)
{
    struct picking *picking = context;
    if (event->depth == 0 && !is_end(event) && event->type != JSON_OBJECT)
        return error_set(err, ERROR_GARBLED, "not a JSON object");
    for (size_t i = 0; i < picking->count && !is_end(event); i++) {
        struct json_pick *pick = &picking->picks[i];
        if (!json_at(event, pick->path))
            continue;
        pick->null = event->type == JSON_NULL;
        pick->type = pick->null ? JSON_ABSENT : event->type;
        if (!pick->value)
            continue;
        buf_clear(pick->value);
        if (!pick->null && event->type != JSON_OBJECT && event->type != JSON_ARRAY)
            buf_add(pick->value, event->text.data, event->text.length); /* checked next */
        if (buf_check(pick->value, pick->path, err) != 0)
            return -1;
    }
    return 0;
}

int json_pick(struct text document, size_t limit_bytes, struct json_pick *picks, size_t count,
              struct error *err)
{
    struct picking picking = {picks, count};
    for (size_t i = 0; i < count; i++) {
        picks[i].type = JSON_ABSENT;
        picks[i].null = false;
        if (picks[i].value)
            buf_clear(picks[i].value);
    }
    return json_read(document, limit_bytes, pick_one, &picking, err);
}

struct replacing {
    const struct json_replacement *replacements;
    size_t count;
    bool done[REPLACEMENTS_MAX];
    unsigned skipping; /* objects and arrays open within a value that was replaced */
    struct buf *out;
};

/* Where the object ends: adds the members that it did not have. */
static void add_missing(struct replacing *replacing, const char *object)
{
    size_t length = strlen(object);
    for (size_t i = 0; i < replacing->count; i++) {
        const struct json_replacement *one = &replacing->replacements[i];
        const char *dot = strrchr(one->path, '.');
        size_t parent_length = dot ? (size_t)(dot - one->path) : 0;
        if (replacing->done[i] || parent_length != length ||
            strncmp(one->path, object, length) != 0)
            continue;
        json_text(replacing->out, dot ? dot + 1 : one->path, text_from(one->value));
        replacing->done[i] = true;
    }
}

/* Returns true if the value was one to be replaced, and has been. */
static bool replace_value(struct replacing *replacing, const struct json_event *event,
                          const char *key)
{
    for (size_t i = 0; i < replacing->count; i++) {
        const struct json_replacement *one = &replacing->replacements[i];
        if (!json_at(event, one->path))
            continue;
        json_text(replacing->out, key, text_from(one->value));
        replacing->done[i] = true;
        replacing->skipping = event->type == JSON_OBJECT || event->type == JSON_ARRAY;
        return true;
    }
    return false;
}

static void copy_value(struct replacing *replacing, const struct json_event *event, const char *key)
{
    struct buf *out = replacing->out;
    if (event->type == JSON_OBJECT_END) {
        add_missing(replacing, event->path);
        json_object_end(out);
    } else if (event->type == JSON_ARRAY_END) {
        json_array_end(out);
    } else if (event->type == JSON_STRING) {
        json_text(out, key, event->text);
    } else {
        json_raw(out, key, event->text);
    }
}

static int replace_one(void *context, const struct json_event *event, struct error *err)
{
    struct replacing *replacing = context;
    if (event->depth == 0 && !is_end(event) && event->type != JSON_OBJECT)
        return error_set(err, ERROR_GARBLED, "not a JSON object");
    if (replacing->skipping) {
        if (is_end(event))
            replacing->skipping--;
        else if (event->type == JSON_OBJECT || event->type == JSON_ARRAY)
            replacing->skipping++;
        return 0;
    }
    char copy[JSON_KEY_BYTES + 1] = "";
    const char *key = NULL;
    if (event->key.data) {
        memcpy(copy, event->key.data, event->key.length); /* at most JSON_KEY_BYTES */
        key = copy;
    }
    if (is_end(event) || !replace_value(replacing, event, key))
        copy_value(replacing, event, key);
    return 0;
}

int json_replace(struct text document, size_t limit_bytes,
                 const struct json_replacement *replacements, size_t count, struct buf *out,
                 struct error *err)
{
    struct replacing replacing = {.replacements = replacements, .count = count, .out = out};
    assert(count <= REPLACEMENTS_MAX);
    if (json_read(document, limit_bytes, replace_one, &replacing, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (!replacing.done[i])
            return error_set(err, ERROR_GARBLED, "there is no object to hold '%s'",
                             replacements[i].path);
    }
    return buf_check(out, "the JSON document", err);
}
