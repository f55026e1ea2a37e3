#include "base/xml.h"

#include <stdlib.h>
#include <string.h>

#define ENTITY_BYTES 12

static struct text behind(struct text text, const char *position)
{
    return text_slice(position, text.length - (size_t)(position - text.data));
}

/* Takes what stands before the mark off the front, and the mark. False if there is none. */
static bool take_to(struct text *rest, const char *mark, struct text *ret_before)
{
    const char *at = rest->length ? memmem(rest->data, rest->length, mark, strlen(mark)) : NULL;
    if (!at)
        return false;
    *ret_before = text_slice(rest->data, (size_t)(at - rest->data));
    *rest = behind(*rest, at + strlen(mark));
    return true;
}

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
    while (take_to(&document, "<", &before) && take_to(&document, ">", &tag)) {
        bool begins = !inside.data && is_name(tag, name);
        bool ends =
            inside.data && text_starts(tag, "/") && is_name(behind(tag, tag.data + 1), name);
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

/* What "&...;" stands for. '?': a character beyond ASCII; '\0': none. */
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

bool xml_decode(struct text inside, struct buf *out)
{
    struct text plain, entity;
    if (inside.length && memchr(inside.data, '<', inside.length))
        return false;
    while (take_to(&inside, "&", &plain)) {
        buf_add(out, plain.data, plain.length);
        char character = take_to(&inside, ";", &entity) ? meaning(entity) : '\0';
        if (!character)
            return false;
        buf_add_char(out, character);
    }
    return buf_add(out, inside.data, inside.length) == 0 && !out->failed;
}
