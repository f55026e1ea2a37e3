#include "unit.h"

#include "base/words.h"

#define MAX 4

/* The words as "a|b", or what went wrong. */
static void split(const char *line, char *out, size_t size)
{
    char text[200], *words[MAX];
    size_t count = 0, length = 0;
    (void)snprintf(text, sizeof(text), "%s", line);
    switch (words_split(text, words, MAX, &count)) {
    case WORDS_OPEN_QUOTE:
        (void)snprintf(out, size, "open");
        return;
    case WORDS_TOO_MANY:
        (void)snprintf(out, size, "many");
        return;
    case WORDS_OK:
        break;
    }
    out[0] = '\0';
    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(out + length, size - length, "%s%s", i ? "|" : "", words[i]);
}

static void C1_words_as_a_posix_shell_splits_them(void **state)
{
    (void)state;
    static const struct {
        const char *line, *words;
    } rows[] = {
        {"", ""},
        {"  \t ", ""},
        {"a", "a"},
        {" a  b\tc ", "a|b|c"},
        {"'a b' c", "a b|c"},
        {"\"a b\"c", "a bc"},
        {"a\\ b", "a b"},
        {"'a\\b'", "a\\b"},
        {"\"a\\\"b\\\\c\\d\"", "a\"b\\c\\d"},
        {"''", ""},
        {"a '' b", "a||b"},
        {"a'b'\"c\"d", "abcd"},
        {"$HOME * ~ `x`", "$HOME|*|~|`x`"},
        {"a#b # c", "a#b|#|c"},
        {"\\'", "'"},
        {"'", "open"},
        {"a \"b", "open"},
        {"\"a\\", "open"},
        {"a\\", "open"},
        {"1 2 3 4", "1|2|3|4"},
        {"1 2 3 4 5", "many"},
        {"1 2 3 4 ", "1|2|3|4"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char out[200];
        split(rows[i].line, out, sizeof(out));
        check_row(strcmp(out, rows[i].words) == 0, rows[i].line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C1_words_as_a_posix_shell_splits_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
