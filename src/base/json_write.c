/* The writing half of base/json.h; escaping is done here since yajl_gen cannot be told to
   replace invalid UTF-8, nor survive a failed allocation. */
#include <string.h>

#include "base/json.h"

/* The last byte tells whether a value ended there: what else can be in front of a piece? */
static void begin(struct buf *out, const char *key)
{
    char last = out->length ? out->data[out->length - 1] : '\n';
    if (last != '\n' && last != '{' && last != '[' && last != ':' && last != ',')
        buf_add_char(out, ','); /* failures stick, here and below */
    if (key) {
        json_text(out, NULL, text_from(key));
        buf_add_char(out, ':');
    }
}

static void add_escaped(struct buf *out, struct text value)
{
    while (value.length) {
        unsigned char byte = (unsigned char)value.data[0];
        size_t length = text_utf8_length(value);
        if (length == 0)
            buf_add_text(out, "\xef\xbf\xbd");
        else if (byte == '"' || byte == '\\')
            buf_addf(out, "\\%c", byte);
        else if (byte == '\n')
            buf_add_text(out, "\\n");
        else if (byte < 0x20 || byte == 0x7f)
            buf_addf(out, "\\u%04x", byte);
        else
            buf_add(out, value.data, length);
        value = text_behind(value, length ? length : 1);
    }
}

void json_text(struct buf *out, const char *key, struct text value)
{
    begin(out, key);
    buf_add_char(out, '"');
    add_escaped(out, value);
    buf_add_char(out, '"');
}

void json_string(struct buf *out, const char *key, const char *value)
{
    if (value)
        json_text(out, key, text_from(value));
    else
        json_null(out, key);
}

void json_raw(struct buf *out, const char *key, struct text json)
{
    begin(out, key);
    buf_add(out, json.data, json.length);
}

void json_object(struct buf *out, const char *key)
{
    json_raw(out, key, text_from("{"));
}

void json_array(struct buf *out, const char *key)
{
    json_raw(out, key, text_from("["));
}

void json_object_end(struct buf *out)
{
    buf_add_char(out, '}');
}

void json_array_end(struct buf *out)
{
    buf_add_char(out, ']');
}

void json_integer(struct buf *out, const char *key, int64_t value)
{
    begin(out, key);
    buf_addf(out, "%lld", (long long)value);
}

void json_bool(struct buf *out, const char *key, bool value)
{
    json_raw(out, key, text_from(value ? "true" : "false"));
}

void json_null(struct buf *out, const char *key)
{
    json_raw(out, key, text_from("null"));
}
