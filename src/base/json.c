#include "base/json.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>
#include <yajl/yajl_version.h>

/*
 * yajl has no way to handle an allocation that fails. So all that it may ever ask for is allocated
 * before it starts, as an arena whose pieces are never reused. Each of its two buffers (for a token
 * that the end of the document cuts off, and for a string with its escapes decoded) doubles up to
 * twice the document's length, and each doubling takes a new piece.
 */
#define ARENA_FIXED_BYTES  (64 * 1024)
#define ARENA_PER_DOCUMENT 8
#define ARENA_ALIGN        16
#define READING            "reading JSON"

struct arena {
    char *memory;
    size_t capacity;
    size_t used;
};

struct frame {
    bool array;
    size_t path_length; /* of the object or array itself */
    size_t keys_start;  /* where its keys begin in reader.keys */
    unsigned members;
};

struct reader {
    json_visit_fn visit;
    void *context;
    struct error *err;
    unsigned depth;
    struct frame frames[JSON_DEPTH_MAX];
    char path[JSON_PATH_BYTES];
    size_t path_length; /* of the value being read */
    struct buf keys;    /* of all open objects, each with a NUL behind it */
};

static void *arena_take(void *context, size_t size)
{
    struct arena *arena = context;
    size_t needed = (size + 2 * ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    assert(needed <= arena->capacity - arena->used);
    char *block = arena->memory + arena->used;
    memcpy(block, &size, sizeof(size)); /* arena_grow needs to know how much to copy */
    arena->used += needed;
    return block + ARENA_ALIGN;
}

static void *arena_grow(void *context, void *old, size_t size)
{
    void *block = arena_take(context, size);
    size_t old_size = 0;
    if (old) {
        memcpy(&old_size, (char *)old - ARENA_ALIGN, sizeof(old_size));
        memcpy(block, old, old_size < size ? old_size : size);
    }
    return block;
}

static void arena_give(void *context, void *block)
{
    (void)context; /* everything is freed at once, in arena_free() */
    (void)block;
}

static int arena_init(struct arena *arena, size_t document_bytes, struct error *err)
{
    arena->used = 0;
    arena->capacity = ARENA_FIXED_BYTES + ARENA_PER_DOCUMENT * document_bytes;
    arena->memory = malloc(arena->capacity);
    return arena->memory ? 0 : error_system(err, ENOMEM, READING);
}

static void arena_free(struct arena *arena)
{
    wipe(arena->memory, arena->used);
    free(arena->memory);
}

int json_version(void)
{
    return yajl_version();
}

/* Every refusal of ours; yajl stops when a callback returns 0. */
static int refuse(struct reader *reader, const char *reason)
{
    (void)error_set(reader->err, ERROR_GARBLED, "%s", reason);
    return 0;
}

static int path_add(struct reader *reader, const char *bytes, size_t length)
{
    if (length >= sizeof(reader->path) - reader->path_length)
        return refuse(reader, "the path to a JSON value is too long");
    memcpy(reader->path + reader->path_length, bytes, length);
    reader->path_length += length;
    reader->path[reader->path_length] = '\0';
    return 1;
}

static int emit(struct reader *reader, const struct json_event *template)
{
    struct json_event event = *template;
    const struct frame *frame = reader->depth ? &reader->frames[reader->depth - 1] : NULL;
    event.path = reader->path;
    event.depth = reader->depth;
    bool end = event.type == JSON_OBJECT_END || event.type == JSON_ARRAY_END;
    if (end)
        event.depth--;
    if (frame && !frame->array && !end) {
        const char *after = reader->keys.data + reader->keys.length - 1;
        const char *first = after;
        while (first > reader->keys.data + frame->keys_start && first[-1] != '\0')
            first--;
        event.key = text_slice(first, (size_t)(after - first));
    }
    return reader->visit(reader->context, &event, reader->err) == 0;
}

/* In front of every value: an element of an array gets its "[]"; a member has its key already. */
static int enter_value(struct reader *reader)
{
    if (reader->depth == 0)
        return 1;
    const struct frame *frame = &reader->frames[reader->depth - 1];
    if (!frame->array)
        return 1;
    reader->path_length = frame->path_length;
    return path_add(reader, "[]", 2);
}

static int scalar(struct reader *reader, const struct json_event *event)
{
    return enter_value(reader) && emit(reader, event);
}

static int start(struct reader *reader, bool array)
{
    struct json_event event = {.type = array ? JSON_ARRAY : JSON_OBJECT};
    event.text = text_from(array ? "[" : "{");
    if (!scalar(reader, &event))
        return 0;
    if (reader->depth == JSON_DEPTH_MAX)
        return refuse(reader, "JSON is nested too deeply");
    reader->frames[reader->depth++] = (struct frame){
        .array = array, .path_length = reader->path_length, .keys_start = reader->keys.length};
    return 1;
}

static int end(struct reader *reader, enum json_type type)
{
    struct json_event event = {.type = type};
    const struct frame *frame = &reader->frames[reader->depth - 1];
    reader->path_length = frame->path_length;
    reader->path[reader->path_length] = '\0';
    if (!emit(reader, &event))
        return 0;
    if (reader->keys.data) {
        reader->keys.length = frame->keys_start;
        reader->keys.data[frame->keys_start] = '\0';
    }
    reader->depth--;
    return 1;
}

static int on_null(void *context)
{
    struct json_event event = {.type = JSON_NULL, .text = text_from("null")};
    return scalar(context, &event);
}

static int on_boolean(void *context, int value)
{
    struct json_event event = {.type = JSON_BOOL, .boolean = value != 0};
    event.text = text_from(value ? "true" : "false");
    return scalar(context, &event);
}

static int on_number(void *context, const char *digits, size_t length)
{
    struct json_event event = {.type = JSON_NUMBER, .text = text_slice(digits, length)};
    bool negative = length > 0 && digits[0] == '-';
    uint64_t value;
    struct text magnitude = text_slice(digits + negative, length - negative);
    if (text_parse_u64(magnitude, (uint64_t)INT64_MAX + negative, &value) == 0) {
        event.type = JSON_INTEGER;
        event.integer = negative ? (int64_t)(0 - value) : (int64_t)value;
    }
    return scalar(context, &event);
}

static int check_string(struct reader *reader, struct text text)
{
    if (text.length && memchr(text.data, '\0', text.length))
        return refuse(reader, "JSON holds the character U+0000");
    if (!text_is_utf8(text))
        return refuse(reader, "JSON is not valid UTF-8");
    return 1;
}

static int on_string(void *context, const unsigned char *bytes, size_t length)
{
    struct json_event event = {.type = JSON_STRING};
    event.text = text_slice((const char *)bytes, length);
    return check_string(context, event.text) && scalar(context, &event);
}

static bool has_key(const struct reader *reader, const struct frame *frame, struct text key)
{
    if (!reader->keys.data)
        return false;
    const char *known = reader->keys.data + frame->keys_start;
    const char *after = reader->keys.data + reader->keys.length;
    for (; known < after; known += strlen(known) + 1) {
        if (text_equal(key, known))
            return true;
    }
    return false;
}

static int on_key(void *context, const unsigned char *bytes, size_t length)
{
    struct reader *reader = context;
    struct frame *frame = &reader->frames[reader->depth - 1];
    struct text key = text_slice((const char *)bytes, length);
    if (length > JSON_KEY_BYTES)
        return refuse(reader, "a JSON key is too long");
    if (!check_string(reader, key))
        return 0;
    if (++frame->members > JSON_MEMBERS_MAX)
        return refuse(reader, "a JSON object has too many members");
    if (has_key(reader, frame, key))
        return refuse(reader, "a JSON object has the same key twice");
    if (buf_add(&reader->keys, key.data, key.length) != 0 || buf_add_char(&reader->keys, 0) != 0) {
        (void)error_system(reader->err, ENOMEM, READING); /* their limit holds all that may be */
        return 0;
    }
    reader->path_length = frame->path_length;
    if (frame->path_length && !path_add(reader, ".", 1))
        return 0;
    if (length == 0)
        return path_add(reader, "\\", 1);
    for (size_t i = 0; i < length; i++) {
        if (strchr(".[]\\", key.data[i]) && !path_add(reader, "\\", 1))
            return 0;
        if (!path_add(reader, key.data + i, 1))
            return 0;
    }
    return 1;
}

static int on_start_object(void *context)
{
    return start(context, false);
}

static int on_end_object(void *context)
{
    return end(context, JSON_OBJECT_END);
}

static int on_start_array(void *context)
{
    return start(context, true);
}

static int on_end_array(void *context)
{
    return end(context, JSON_ARRAY_END);
}

static int parse(struct reader *reader, struct arena *arena, struct text document)
{
    static const yajl_callbacks callbacks = {
        .yajl_null = on_null,
        .yajl_boolean = on_boolean,
        .yajl_number = on_number,
        .yajl_string = on_string,
        .yajl_start_map = on_start_object,
        .yajl_map_key = on_key,
        .yajl_end_map = on_end_object,
        .yajl_start_array = on_start_array,
        .yajl_end_array = on_end_array,
    };
    yajl_alloc_funcs memory = {
        .malloc = arena_take, .realloc = arena_grow, .free = arena_give, .ctx = arena};
    yajl_handle parser = yajl_alloc(&callbacks, &memory, reader);
    yajl_status status = yajl_parse(parser, (const unsigned char *)document.data, document.length);
    size_t position = yajl_get_bytes_consumed(parser);
    if (status == yajl_status_ok)
        status = yajl_complete_parse(parser);
    if (status == yajl_status_ok)
        return 0;
    if (status == yajl_status_error)
        return error_set(reader->err, ERROR_GARBLED, "not JSON (byte %zu of %zu)", position,
                         document.length);
    return -1; /* a callback has said why */
}

/* The value of four hexadecimal digits, or -1. */
static long hex4(const char *digits, const char *end)
{
    char copy[5] = "";
    if (end - digits < 4)
        return -1;
    memcpy(copy, digits, 4);
    return strspn(copy, "0123456789abcdefABCDEF") == 4 ? strtol(copy, NULL, 16) : -1;
}

static bool is_high_surrogate(long point)
{
    return point >= 0xd800 && point < 0xdc00;
}

static bool is_low_surrogate(long point)
{
    return point >= 0xdc00 && point < 0xe000;
}

/* Length of the escape at `from`; 0 for half of a surrogate pair. */
static size_t escape_length(const char *from, const char *end)
{
    long point = end - from > 1 && from[1] == 'u' ? hex4(from + 2, end) : -1;
    if (is_low_surrogate(point))
        return 0;
    if (!is_high_surrogate(point))
        return 2;
    bool paired = end - from >= 12 && from[6] == '\\' && from[7] == 'u' &&
                  is_low_surrogate(hex4(from + 8, end));
    return paired ? 12 : 0;
}

/*
 * What yajl 2.1 lets through: a string without an end behind the document, and escapes of half a
 * surrogate pair, out of which it makes other characters. Returns what is wrong, or NULL.
 */
static const char *check_strings(struct text document)
{
    bool inside = false;
    const char *at = document.data, *end = at + document.length;
    while (at < end) {
        size_t length = 1;
        if (*at == '"')
            inside = !inside;
        else if (inside && *at == '\\')
            length = escape_length(at, end);
        if (length == 0)
            return "it holds half of a surrogate pair";
        at += length < (size_t)(end - at) ? length : (size_t)(end - at);
    }
    return inside ? "it ends within a string" : NULL;
}

int json_read(struct text document, size_t limit_bytes, json_visit_fn visit, void *context,
              struct error *err)
{
    struct arena arena;
    struct reader reader = {.visit = visit, .context = context, .err = err};
    reader.keys =
        (struct buf)BUF_SECRET((size_t)JSON_DEPTH_MAX * JSON_MEMBERS_MAX * JSON_KEY_BYTES);
    if (document.length > limit_bytes)
        return error_set(err, ERROR_GARBLED, "JSON of %zu bytes is larger than %zu",
                         document.length, limit_bytes);
    const char *fault = check_strings(document);
    if (fault)
        return error_set(err, ERROR_GARBLED, "not JSON: %s", fault);
    if (arena_init(&arena, document.length, err) != 0)
        return -1;
    int result = parse(&reader, &arena, document);
    buf_free(&reader.keys);
    arena_free(&arena);
    return result;
}

bool json_at(const struct json_event *event, const char *path)
{
    return strcmp(event->path, path) == 0;
}
