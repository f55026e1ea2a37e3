/* Any bytes -> both kinds of configuration file, and a line's words. */
#include "aws/profile.h"
#include "base/words.h"
#include "fuzz.h"

#define WORDS_MAX 8

static bool is_within(const struct profile_file *file, const char *text)
{
    return text >= file->text.data && text + strlen(text) <= file->text.data + file->text.length;
}

static void check_file(const struct profile_file *file)
{
    size_t entries = 0;
    for (size_t i = 0; i < file->section_count; i++) {
        const struct profile_section *section = &file->sections[i];
        must(is_within(file, section->name) && section->first == entries);
        entries += section->count;
        must(entries <= file->entry_count);
    }
    must(entries == file->entry_count);
    for (size_t i = 0; i < file->entry_count; i++) {
        const struct profile_entry *entry = &file->entries[i];
        must(is_within(file, entry->key) && is_within(file, entry->value) && entry->key[0]);
        must(!entry->block || is_within(file, entry->block));
    }
}

static void check_words(struct text text)
{
    char *copy = strndup(text.data, text.length), *words[WORDS_MAX];
    size_t count = 0, room = copy ? strlen(copy) : 0;
    if (copy && words_split(copy, words, WORDS_MAX, &count) == WORDS_OK)
        for (size_t i = 0; i < count; i++)
            must(words[i] >= copy && words[i] + strlen(words[i]) <= copy + room);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text = text_slice((const char *)data, size);
    if (size == 0)
        return 0;
    for (int dialect = PROFILE_CONFIG; dialect <= PROFILE_CREDENTIALS; dialect++) {
        struct profile_file file = {0};
        struct error err = {0};
        if (profile_file_parse(&file, (enum profile_dialect)dialect, "F", text, &err) == 0)
            check_file(&file);
        else
            must(err.kind != ERROR_NONE && strncmp(err.text, "'F' line ", 9) == 0);
        (void)profile_file_get(&file, PROFILE_PROFILE, "default", NULL, "region");
        profile_file_free(&file);
    }
    check_words(text);
    return 0;
}
