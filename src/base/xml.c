#include "base/xml.h"

#include <stdint.h>
#include <string.h>

enum token {
    TOKEN_START, /* <name ...> */
    TOKEN_EMPTY, /* <name ... /> */
    TOKEN_END,   /* </name> */
    TOKEN_OTHER, /* text, comment, CDATA, <?...?> */
    TOKEN_STOP,
    TOKEN_BROKEN,
};

static void skip(struct text *text, size_t length)
{
    text->data += length;
    text->length -= length;
}

/* Goes on behind the next `mark`. False if there is none. */
static bool skip_behind(struct text *text, const char *mark)
{
    size_t length = strlen(mark);
    const char *at = text->length ? memmem(text->data, text->length, mark, length) : NULL;
    if (!at)
        return false;
    skip(text, (size_t)(at - text->data) + length);
    return true;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* The name at the beginning, without its prefix; it ends at a blank, '/' or '>'. */
static struct text take_name(struct text *rest)
{
    struct text name = {rest->data, 0};
    while (name.length < rest->length && !is_blank(name.data[name.length]) &&
           name.data[name.length] != '/' && name.data[name.length] != '>')
        name.length++;
    skip(rest, name.length);
    const char *colon = name.length ? memrchr(name.data, ':', name.length) : NULL;
    if (colon)
        skip(&name, (size_t)(colon + 1 - name.data));
    return name;
}

/* Goes on behind the '>' of a tag; those in quotes do not count. */
static enum token finish_tag(struct text *rest)
{
    char quote = '\0', last = '\0';
    while (rest->length) {
        char byte = rest->data[0];
        skip(rest, 1);
        if (quote) {
            quote = byte == quote ? '\0' : quote;
        } else if (byte == '"' || byte == '\'') {
            quote = byte;
        } else if (byte == '>') {
            return last == '/' ? TOKEN_EMPTY : TOKEN_START;
        }
        last = byte;
    }
    return TOKEN_BROKEN;
}

/* Takes one token off the front; *ret_name is that of a tag. */
static enum token next_token(struct text *rest, struct text *ret_name)
{
    if (rest->length == 0)
        return TOKEN_STOP;
    if (rest->data[0] != '<') {
        const char *tag = memchr(rest->data, '<', rest->length);
        skip(rest, tag ? (size_t)(tag - rest->data) : rest->length);
        return TOKEN_OTHER;
    }
    if (text_starts(*rest, "<!--"))
        return skip_behind(rest, "-->") ? TOKEN_OTHER : TOKEN_BROKEN;
    if (text_starts(*rest, "<![CDATA["))
        return skip_behind(rest, "]]>") ? TOKEN_OTHER : TOKEN_BROKEN;
    if (text_starts(*rest, "<?"))
        return skip_behind(rest, "?>") ? TOKEN_OTHER : TOKEN_BROKEN;
    if (text_starts(*rest, "<!"))
        return TOKEN_BROKEN;
    bool end = text_starts(*rest, "</");
    skip(rest, end ? 2 : 1);
    *ret_name = take_name(rest);
    if (ret_name->length == 0)
        return TOKEN_BROKEN;
    enum token token = finish_tag(rest);
    return !end ? token : token == TOKEN_START ? TOKEN_END : TOKEN_BROKEN;
}

/* Takes the next element off the front of its siblings. False if there is none, or no XML. */
static bool next_element(struct text *rest, struct text *ret_name, struct text *ret_inside)
{
    struct text name, inner;
    enum token token;
    do
        token = next_token(rest, &name);
    while (token == TOKEN_OTHER);
    if (token != TOKEN_START && token != TOKEN_EMPTY)
        return false;
    struct text inside = {rest->data, 0};
    for (size_t depth = token == TOKEN_START; depth;) {
        inside.length = (size_t)(rest->data - inside.data);
        token = next_token(rest, &inner);
        if (token == TOKEN_STOP || token == TOKEN_BROKEN)
            return false;
        depth += token == TOKEN_START;
        depth -= token == TOKEN_END;
    }
    if (token == TOKEN_END && !text_same(name, inner))
        return false;
    *ret_name = name;
    *ret_inside = inside;
    return true;
}

bool xml_child(struct text document, const char *name, struct text *ret_inside)
{
    struct text found, inside;
    while (next_element(&document, &found, &inside)) {
        if (!text_equal(found, name))
            continue;
        *ret_inside = inside;
        return true;
    }
    return false;
}

static bool find(struct text document, const char *name, unsigned depth, struct text *ret_inside)
{
    struct text found, inside;
    while (depth && next_element(&document, &found, &inside)) {
        if (text_equal(found, name)) {
            *ret_inside = inside;
            return true;
        }
        if (find(inside, name, depth - 1, ret_inside))
            return true;
    }
    return false;
}

bool xml_find(struct text document, const char *name, struct text *ret_inside)
{
    return find(document, name, XML_DEPTH_MAX, ret_inside);
}

static bool add_character(uint64_t point, struct buf *out)
{
    char bytes[4];
    size_t length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    if (point == 0 || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
        return false;
    for (size_t i = length; i > 1; point >>= 6)
        bytes[--i] = (char)(0x80 | (point & 0x3f));
    bytes[0] = (char)(first[length] | point);
    return buf_add(out, bytes, length) == 0;
}

static bool parse_number(struct text digits, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (!text_starts(digits, "x"))
        return text_parse_u64(digits, 0x10ffff, ret_value) == 0;
    skip(&digits, 1);
    if (digits.length == 0 || digits.length > 6)
        return false;
    for (size_t i = 0; i < digits.length; i++) {
        static const char hex[] = "0123456789abcdef0123456789ABCDEF";
        const char *at = digits.data[i] ? strchr(hex, digits.data[i]) : NULL;
        if (!at)
            return false;
        value = value * 16 + (uint64_t)(at - hex) % 16;
    }
    *ret_value = value;
    return true;
}

/* Takes "&...;" off the front and adds what it means. */
static bool decode_entity(struct text *rest, struct buf *out)
{
    static const struct {
        const char *name;
        char character;
    } names[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
    const char *end = memchr(rest->data, ';', rest->length);
    uint64_t point = 0;
    if (!end)
        return false;
    struct text name = text_slice(rest->data + 1, (size_t)(end - rest->data) - 1);
    skip(rest, name.length + 2);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (text_equal(name, names[i].name))
            return buf_add_char(out, names[i].character) == 0;
    if (!text_starts(name, "#"))
        return false;
    skip(&name, 1);
    return parse_number(name, &point) && add_character(point, out);
}

static bool decode_markup(struct text *rest, struct buf *out)
{
    static const char cdata[] = "<![CDATA[";
    struct text from = *rest, name;
    if (next_token(rest, &name) != TOKEN_OTHER)
        return false;
    if (!text_starts(from, cdata))
        return true;
    size_t length = (size_t)(rest->data - from.data) - strlen(cdata) - strlen("]]>");
    return buf_add(out, from.data + strlen(cdata), length) == 0;
}

bool xml_decode(struct text inside, struct buf *out)
{
    while (inside.length) {
        bool good;
        if (inside.data[0] == '&') {
            good = decode_entity(&inside, out);
        } else if (inside.data[0] == '<') {
            good = decode_markup(&inside, out);
        } else {
            good = buf_add_char(out, inside.data[0]) == 0;
            skip(&inside, 1);
        }
        if (!good)
            return false;
    }
    return true;
}
