#include "base/xml.h"

#include <stdlib.h>
#include <string.h>

#define ENTITY_BYTES 12
#define RAW_BEGIN    "<![CDATA["
#define RAW_END      "]]>"

/* What stands between "<" or "</" and ">": is it that name, perhaps with a prefix or attributes? */
static bool is_name(struct text tag, const char *name)
{
    size_t length = 0;
    while (length < tag.length && !strchr(" \t\r\n/", tag.data[length]))
        length++;
    const char *colon = memchr(tag.data, ':', length);
    const char *begin = colon ? colon + 1 : tag.data;
    return text_equal(text_slice(begin, length - (size_t)(begin - tag.data)), name);
}

bool xml_find(struct text document, const char *name, struct text *ret_inside)
{
    struct text before, tag, inside = {NULL, 0};
    while (text_next(&document, '<', &before) && text_next(&document, '>', &tag) && document.data) {
        bool begins = !inside.data && is_name(tag, name);
        bool ends = inside.data && text_starts(tag, "/") && is_name(text_behind(tag, 1), name);
        if (begins)
            inside.data = document.data;
        if (ends)
            inside.length = (size_t)(tag.data - 1 - inside.data);
        if (ends || (begins && tag.data[tag.length - 1] == '/')) {
            *ret_inside = inside;
            return true;
        }
    }
    return false;
}

/* The character that "&...;" stands for; '?' for one beyond ASCII, '\0' if it stands for none. */
static char meaning(struct text entity)
{
    static const struct {
        const char *name;
        char character;
    } names[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
    char digits[ENTITY_BYTES] = "", *end;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (text_equal(entity, names[i].name))
            return names[i].character;
    if (!text_starts(entity, "#") || entity.length >= sizeof(digits))
        return '\0';
    bool hex = text_starts(entity, "#x");
    memcpy(digits, entity.data, entity.length);
    unsigned long point = strtoul(digits + 1 + hex, &end, hex ? 16 : 10);
    if (*end)
        return '\0';
    return (char)(point < 0x80 ? point : '?');
}

/* Is it one CDATA section as a whole? The first "]]>" ends it; nothing in it is an entity. */
static bool is_raw(struct text inside)
{
    size_t marks = strlen(RAW_BEGIN RAW_END);
    if (inside.length < marks || !text_starts(inside, RAW_BEGIN))
        return false;
    const char *end = memmem(inside.data, inside.length, RAW_END, strlen(RAW_END));
    return end && end + strlen(RAW_END) == inside.data + inside.length;
}

bool xml_decode(struct text inside, struct buf *out)
{
    struct text plain, entity;
    if (is_raw(inside)) {
        buf_add(out, inside.data + strlen(RAW_BEGIN), inside.length - strlen(RAW_BEGIN RAW_END));
        return !out->failed;
    }
    if (inside.length && memchr(inside.data, '<', inside.length))
        return false;
    while (text_next(&inside, '&', &plain)) {
        buf_add(out, plain.data, plain.length);
        if (!inside.data)
            break;
        char character = text_next(&inside, ';', &entity) && inside.data ? meaning(entity) : '\0';
        if (!character)
            return false;
        buf_add_char(out, character);
    }
    return !out->failed;
}
