#include "base/words.h"

#include <stdbool.h>
#include <string.h>

struct reader {
    const char *from;
    char *to; /* never ahead of from, so the words may be written over the text */
};

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* Copies up to the closing quote. False if there is none. */
static bool copy_quoted(struct reader *reader, char quote)
{
    for (; *reader->from != quote; reader->from++) {
        const char *next = reader->from + 1;
        if (quote == '"' && reader->from[0] == '\\' && (*next == '"' || *next == '\\'))
            reader->from = next;
        if (*reader->from == '\0')
            return false;
        *reader->to++ = *reader->from;
    }
    reader->from++;
    return true;
}

/* Copies one word. False if it ends within a quote or an escape. */
static bool copy_word(struct reader *reader)
{
    while (*reader->from != '\0' && !is_blank(*reader->from)) {
        char byte = *reader->from++;
        if (byte == '\'' || byte == '"') {
            if (!copy_quoted(reader, byte))
                return false;
            continue;
        }
        if (byte == '\\') {
            byte = *reader->from;
            if (byte == '\0')
                return false;
            reader->from++;
        }
        *reader->to++ = byte;
    }
    return true;
}

enum words_result words_split(char *text, char **ret_words, size_t max, size_t *ret_count)
{
    struct reader reader = {text, text};
    size_t count = 0;
    for (;;) {
        while (is_blank(*reader.from))
            reader.from++;
        if (*reader.from == '\0')
            break;
        if (count == max)
            return WORDS_TOO_MANY;
        ret_words[count++] = reader.to;
        if (!copy_word(&reader))
            return WORDS_OPEN_QUOTE;
        bool last = *reader.from == '\0';
        *reader.to++ = '\0';
        if (last)
            break;
        reader.from++;
    }
    *ret_count = count;
    return WORDS_OK;
}
