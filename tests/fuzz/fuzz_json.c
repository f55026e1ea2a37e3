/* Any bytes -> json_read. What was read and written again must read the same. */
#include "base/json.h"
#include "fuzz.h"

#define LIMIT (1024 * 1024)

struct transcript {
    struct buf text;
    unsigned open;
};

static int note(void *context, const struct json_event *event, struct error *err)
{
    struct transcript *transcript = context;
    bool end = event->type == JSON_OBJECT_END || event->type == JSON_ARRAY_END;
    (void)err;
    transcript->open -= end;
    must(event->depth == transcript->open && transcript->open <= JSON_DEPTH_MAX);
    transcript->open += event->type == JSON_OBJECT || event->type == JSON_ARRAY;
    must(strlen(event->path) < JSON_PATH_BYTES && event->key.length <= JSON_KEY_BYTES);
    must(text_is_utf8(event->text) && text_is_utf8(event->key));
    (void)buf_addf(&transcript->text, "%d %s %.*s %.*s\n", (int)event->type, event->path,
                   TEXT_ARGS(event->key), TEXT_ARGS(event->text));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct json_replacement set[] = {{"a", "1"}, {"b.c", "x"}};
    struct text document = text_slice((const char *)data, size);
    struct transcript first = {.text = BUF(64 * 1024 * 1024)};
    struct transcript second = {.text = BUF(64 * 1024 * 1024)};
    CLEAN(buf) struct buf copy = BUF(8 * LIMIT), changed = BUF(8 * LIMIT), value = BUF(LIMIT);
    struct error err = {0};
    if (json_read(document, LIMIT, note, &first, &err) != 0)
        must(err.kind == ERROR_GARBLED && err.text[0]);
    else if (json_replace(document, LIMIT, NULL, 0, &copy, &err) == 0) {
        struct text again = buf_view(&copy);
        must(first.open == 0);
        must(json_read(again, 8 * LIMIT, note, &second, &err) == 0);
        must(strcmp(buf_text(&first.text), buf_text(&second.text)) == 0);
        if (json_replace(document, LIMIT, set, 2, &changed, &err) == 0) {
            struct json_pick pick = {.path = "b.c", .value = &value};
            must(json_pick(buf_view(&changed), 8 * LIMIT, &pick, 1, &err) == 0);
            must(pick.type == JSON_STRING && strcmp(buf_text(&value), "x") == 0);
        }
    }
    buf_free(&first.text);
    buf_free(&second.text);
    return 0;
}
