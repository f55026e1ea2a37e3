#include "cwlogs-local/tags.h"

#include <ctype.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "base/buf.h"

#define TAG_EXTRA_BYTES 80 /* of a tag beside its words: pointers, and what malloc adds */

/* The code point of a UTF-8 character of so many bytes. */
static wint_t decode(const char *bytes, size_t length)
{
    unsigned char first = (unsigned char)bytes[0];
    wint_t code = length == 1 ? first : first & (0x7fU >> length);
    for (size_t i = 1; i < length; i++)
        code = code << 6 | ((unsigned char)bytes[i] & 0x3f);
    return code;
}

static bool is_tag_character(wint_t code, locale_t unicode)
{
    if (code < 0x80)
        return isalnum((int)code) || (code != '\0' && strchr(" _.:/=+-@", (int)code));
    if (!unicode)
        return true; /* a C library without it: nothing is known against the character */
    return iswalpha_l(code, unicode) || iswdigit_l(code, unicode) || iswspace_l(code, unicode);
}

bool tags_is_text(struct text text, size_t characters_max)
{
    locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    bool good = text_characters(text) <= characters_max;
    while (good && text.length) {
        size_t length = text_utf8_length(text);
        good = length > 0 && is_tag_character(decode(text.data, length), unicode);
        text = text_behind(text, length);
    }
    if (unicode)
        freelocale(unicode);
    return good;
}

/* The index of the key, or where it belongs. */
static size_t place_of(const struct tags *tags, struct text key, bool *ret_there)
{
    size_t i = 0;
    while (i < tags->count && text_order(text_from(tags->tags[i].key), key) < 0)
        i++;
    *ret_there = i < tags->count && text_order(text_from(tags->tags[i].key), key) == 0;
    return i;
}

int tags_set(struct tags *tags, struct text key, struct text value)
{
    bool there;
    size_t index = place_of(tags, key, &there);
    char *new_value = strndup(value.data, value.length);
    if (!new_value)
        return -1;
    if (there) {
        free(tags->tags[index].value);
        tags->tags[index].value = new_value;
        return 0;
    }
    char *new_key = strndup(key.data, key.length);
    void *more = array_grow(tags->tags, tags->count, sizeof(struct tag));
    tags->tags = more ? more : tags->tags;
    if (!new_key || !more) {
        free(new_key);
        free(new_value);
        return -1;
    }
    struct tag *place = tags->tags + index;
    memmove(place + 1, place, (tags->count - index) * sizeof(*place));
    *place = (struct tag){new_key, new_value};
    tags->count++;
    return 0;
}

int tags_merge(struct tags *tags, const struct tags *more)
{
    for (size_t i = 0; i < more->count; i++)
        if (tags_set(tags, text_from(more->tags[i].key), text_from(more->tags[i].value)) != 0)
            return -1;
    return 0;
}

size_t tags_merged_count(const struct tags *tags, const struct tags *more)
{
    size_t count = tags->count;
    for (size_t i = 0; i < more->count; i++) {
        bool there;
        (void)place_of(tags, text_from(more->tags[i].key), &there); /* only whether, not where */
        count += !there;
    }
    return count;
}

size_t tags_bytes(const struct tags *tags)
{
    size_t bytes = 0;
    for (size_t i = 0; i < tags->count; i++)
        bytes += strlen(tags->tags[i].key) + strlen(tags->tags[i].value) + TAG_EXTRA_BYTES;
    return bytes;
}

void tags_remove(struct tags *tags, struct text key)
{
    bool there;
    size_t index = place_of(tags, key, &there);
    if (!there)
        return;
    struct tag *place = tags->tags + index;
    free(place->key);
    free(place->value);
    tags->count--;
    memmove(place, place + 1, (tags->count - index) * sizeof(*place));
}

void tags_free(struct tags *tags)
{
    for (size_t i = 0; i < tags->count; i++) {
        free(tags->tags[i].key);
        free(tags->tags[i].value);
    }
    free(tags->tags);
    *tags = (struct tags){0};
}
