/* Keys that a program prints (credential_process). */
#include <string.h>

#include "aws/credentials_source.h"
#include "base/json.h"
#include "base/words.h"

#define SHOWN_BYTES 300 /* of what the program said */

static int refuse(const struct credentials_lookup *lookup, struct error *err)
{
    return error_add(err, "credential_process of profile '%s'", lookup->profile);
}

static int ask(struct credentials_lookup *lookup, const char *line, struct credentials_want *want,
               struct error *err)
{
    size_t count = 0;
    buf_add_text(&lookup->scratch, line); /* asked next */
    if (buf_check(&lookup->scratch, "the command", err) != 0)
        return -1;
    switch (words_split(lookup->scratch.data, lookup->words, CREDENTIALS_WORDS_MAX, &count)) {
    case WORDS_OPEN_QUOTE:
        return error_set(err, ERROR_CONFIG, "a quote or escape is not closed");
    case WORDS_TOO_MANY:
        return error_set(err, ERROR_CONFIG, "more than %d words", CREDENTIALS_WORDS_MAX);
    case WORDS_OK:
        break;
    }
    if (count == 0)
        return error_set(err, ERROR_CONFIG, "it names no program");
    lookup->words[count] = NULL;
    want->kind = CREDENTIALS_RUN;
    want->program = lookup->words;
    return 0;
}

/* The last line that is not empty, safe to show. */
static const char *last_line(struct text text, char out[SHOWN_BYTES])
{
    text = text_trim(text);
    const char *newline = text.length ? memrchr(text.data, '\n', text.length) : NULL;
    if (newline)
        text = text_slice(newline + 1, (size_t)(text.data + text.length - newline) - 1);
    return text_printable(text_trim(text), out, SHOWN_BYTES);
}

static int read_output(struct credentials_lookup *lookup, struct text output, struct error *err)
{
    static const struct credentials_json names = {"AccessKeyId", "SecretAccessKey", "SessionToken",
                                                  "Expiration", .long_term = true};
    CLEAN(buf) struct buf version = BUF(CREDENTIALS_VALUE_BYTES);
    struct json_pick pick = {.path = "Version", .value = &version};
    if (json_pick(output, CREDENTIALS_ANSWER_BYTES, &pick, 1, err) != 0)
        return -1;
    if (pick.type != JSON_INTEGER || strcmp(buf_text(&version), "1") != 0)
        return error_set(err, ERROR_CONFIG, "its version is not the number 1");
    if (credentials_fill_json(lookup, output, &names, err) != 0)
        return -1;
    credentials_origin(lookup, "credential_process of profile '%s'", lookup->profile);
    return 0;
}

static int judge(struct credentials_lookup *lookup, const struct credentials_answer *answer,
                 struct error *err)
{
    char shown[SHOWN_BYTES];
    if (answer->failure) {
        if (err)
            *err = *answer->failure;
        return -1;
    }
    if (answer->status != 0)
        return error_set(err, ERROR_DENIED, "'%s' ended with status %d%s%s", lookup->words[0],
                         answer->status, text_trim(answer->messages).length ? ": " : "",
                         last_line(answer->messages, shown));
    if (read_output(lookup, answer->output, err) != 0) {
        if (err && err->kind == ERROR_GARBLED)
            err->kind = ERROR_CONFIG; /* it is the user's program, and for the user to mend */
        return -1;
    }
    return 0;
}

int credentials_process(struct credentials_lookup *lookup, const struct credentials_answer *answer,
                        struct credentials_want *want, struct error *err)
{
    const char *line = credentials_value(lookup, "credential_process");
    if (!line)
        return 0;
    if (!answer)
        return ask(lookup, line, want, err) == 0 ? 0 : refuse(lookup, err);
    if (judge(lookup, answer, err) != 0)
        return refuse(lookup, err);
    want->kind = CREDENTIALS_KEYS;
    return 0;
}
