#include "aws/profile.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"

#define NO_KEY SIZE_MAX

/* Goes through the lines of a file, and turns them into C strings in place. */
struct parser {
    struct profile_file *file;
    enum profile_dialect dialect;
    const char *path;
    unsigned line;
    size_t open;   /* the entry that lines indented deeper belong to; NO_KEY: none */
    size_t indent; /* blanks before that entry's key */
    bool block;    /* its deeper lines are a block, not more of its value */
    struct error *err;
};

static int refuse(struct parser *parser, const char *what)
{
    return error_set(parser->err, ERROR_CONFIG, "'%s' line %u: %s", parser->path, parser->line,
                     what);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\f' || byte == '\v';
}

/* Cuts blanks off both ends, the latter by ending the string. */
static char *trim(char *text)
{
    while (is_blank(*text))
        text++;
    size_t length = strlen(text);
    while (length && is_blank(text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

/* What `[NAME]` is in the config file; *name becomes the name alone. */
static enum profile_kind classify(char *header, const char **name, bool *prefixed)
{
    static const struct {
        const char *word;
        enum profile_kind kind;
    } kinds[] = {
        {"profile", PROFILE_PROFILE},
        {"sso-session", PROFILE_SSO_SESSION},
        {"services", PROFILE_SERVICES},
    };
    char *words[2];
    size_t count = 0;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t length = strlen(kinds[i].word);
        if (strncmp(header, kinds[i].word, length) != 0 || !is_blank(header[length]))
            continue;
        if (words_split(header + length, words, 2, &count) != WORDS_OK || count != 1)
            return PROFILE_OTHER;
        *name = words[0];
        *prefixed = true;
        return kinds[i].kind;
    }
    return strcmp(header, "default") == 0 ? PROFILE_PROFILE : PROFILE_OTHER;
}

static int add_section(struct parser *parser, char *header)
{
    struct profile_file *file = parser->file;
    struct profile_section section = {.kind = PROFILE_PROFILE, .name = header};
    if (parser->dialect == PROFILE_CONFIG)
        section.kind = classify(header, &section.name, &section.prefixed);
    section.first = file->entry_count;
    for (size_t i = 0; i < file->section_count; i++) {
        const struct profile_section *other = &file->sections[i];
        if (section.kind != PROFILE_OTHER && other->kind == section.kind &&
            other->prefixed == section.prefixed && strcmp(other->name, section.name) == 0)
            return refuse(parser, "a section that was given before");
    }
    void *sections = array_grow(file->sections, file->section_count, sizeof(section));
    if (!sections)
        return error_system(parser->err, ENOMEM, "reading '%s'", parser->path);
    file->sections = sections;
    file->sections[file->section_count++] = section;
    return 0;
}

static int parse_header(struct parser *parser, char *text)
{
    char *end = strchr(text, ']');
    if (!end)
        return refuse(parser, "'[' without ']'");
    *end = '\0';
    if (text[1] == '\0')
        return refuse(parser, "a section without a name");
    parser->open = NO_KEY;
    return add_section(parser, text + 1); /* with its blanks, as the AWS CLI has it */
}

static int add_entry(struct parser *parser, const struct profile_entry *entry)
{
    struct profile_file *file = parser->file;
    struct profile_section *section = &file->sections[file->section_count - 1];
    for (size_t i = section->first; i < file->entry_count; i++) {
        const struct profile_entry *other = &file->entries[i];
        if (other->block == entry->block && strcmp(other->key, entry->key) == 0)
            return refuse(parser, "a key that was given before in this section");
    }
    void *entries = array_grow(file->entries, file->entry_count, sizeof(*entry));
    if (!entries)
        return error_system(parser->err, ENOMEM, "reading '%s'", parser->path);
    file->entries = entries;
    file->entries[file->entry_count++] = *entry;
    section->count++;
    return 0;
}

/* Cuts `key = value` at the first of `separators`. */
static int split_pair(struct parser *parser, char *text, const char *separators,
                      struct profile_entry *entry)
{
    char *separator = strpbrk(text, separators);
    if (!separator)
        return refuse(parser, parser->block ? "a line of a block without '='"
                                            : "neither a section nor 'key = value'");
    *separator = '\0';
    char *key = trim(text);
    if (*key == '\0')
        return refuse(parser, "a value without a key");
    for (char *byte = key; *byte; byte++)
        if (*byte >= 'A' && *byte <= 'Z')
            *byte = (char)(*byte - 'A' + 'a');
    entry->key = key;
    entry->value = trim(separator + 1);
    return 0;
}

static int parse_key(struct parser *parser, char *text, size_t indent)
{
    struct profile_entry entry = {0};
    if (parser->file->section_count == 0)
        return refuse(parser, "a line before any section");
    parser->block = false;
    if (split_pair(parser, text, "=:", &entry) != 0 || add_entry(parser, &entry) != 0)
        return -1;
    parser->open = parser->file->entry_count - 1;
    parser->indent = indent;
    parser->block = *entry.value == '\0';
    return 0;
}

static int parse_deeper(struct parser *parser, char *text)
{
    struct profile_entry *open = &parser->file->entries[parser->open];
    if (parser->block) {
        struct profile_entry entry = {.block = open->key};
        return split_pair(parser, text, "=", &entry) != 0 ? -1 : add_entry(parser, &entry);
    }
    /* The value ends earlier in the same text, with at least a newline between: there is room. */
    char *end = (char *)open->value + strlen(open->value);
    *end = '\n';
    memmove(end + 1, text, strlen(text) + 1);
    return 0;
}

static int parse_line(struct parser *parser, char *line)
{
    size_t indent = 0;
    while (is_blank(line[indent]))
        indent++;
    char *text = trim(line);
    if (*text == '\0' || *text == '#' || *text == ';')
        return 0;
    if (parser->open != NO_KEY && indent > parser->indent)
        return parse_deeper(parser, text);
    if (*text == '[')
        return parse_header(parser, text);
    return parse_key(parser, text, indent);
}

static int check_bytes(struct parser *parser, struct text text)
{
    parser->line = 1;
    while (text.length) {
        size_t length = text_utf8_length(text);
        if (length == 0 || *text.data == '\0')
            return refuse(parser, "a byte that is not UTF-8 text");
        parser->line += *text.data == '\n';
        text = text_behind(text, length);
    }
    parser->line = 0;
    return 0;
}

static int parse_lines(struct parser *parser, char *at)
{
    while (at && *at) {
        char *end = strchr(at, '\n');
        if (end)
            *end = '\0';
        parser->line++;
        if (parse_line(parser, at) != 0)
            return -1;
        at = end ? end + 1 : NULL;
    }
    return 0;
}

int profile_file_parse(struct profile_file *ret_file, enum profile_dialect dialect,
                       const char *path, struct text text, struct error *err)
{
    struct profile_file file = {.text = BUF_SECRET(PROFILE_FILE_BYTES)};
    struct parser parser = {
        .file = &file, .dialect = dialect, .path = path, .open = NO_KEY, .err = err};
    buf_add(&file.text, text.data, text.length); /* asked below */
    if (buf_check(&file.text, path, err) != 0 || check_bytes(&parser, text) != 0 ||
        parse_lines(&parser, file.text.data) != 0) {
        profile_file_free(&file);
        return -1;
    }
    *ret_file = file;
    return 0;
}

void profile_file_free(struct profile_file *file)
{
    if (!file)
        return;
    free(file->sections);
    free(file->entries);
    buf_free(&file->text);
    *file = (struct profile_file){0};
}

void profiles_free(struct profiles *profiles)
{
    if (!profiles)
        return;
    profile_file_free(&profiles->config);
    profile_file_free(&profiles->credentials);
}

static const struct profile_section *find(const struct profile_file *file, enum profile_kind kind,
                                          const char *name)
{
    const struct profile_section *found = NULL;
    for (size_t i = 0; i < file->section_count; i++) {
        const struct profile_section *section = &file->sections[i];
        if (section->kind == kind && strcmp(section->name, name) == 0 &&
            (!found || section->prefixed))
            found = section;
    }
    return found;
}

const char *profile_file_get(const struct profile_file *file, enum profile_kind kind,
                             const char *name, const char *block, const char *key)
{
    const struct profile_section *section = find(file, kind, name);
    for (size_t i = 0; section && i < section->count; i++) {
        const struct profile_entry *entry = &file->entries[section->first + i];
        bool same_block = block ? entry->block && strcmp(entry->block, block) == 0 : !entry->block;
        if (same_block && strcmp(entry->key, key) == 0)
            return *entry->value ? entry->value : NULL;
    }
    return NULL;
}

bool profiles_have(const struct profiles *profiles, enum profile_kind kind, const char *name)
{
    return find(&profiles->credentials, kind, name) || find(&profiles->config, kind, name);
}

const char *profiles_get(const struct profiles *profiles, const char *name, const char *key)
{
    const char *value = profile_file_get(&profiles->credentials, PROFILE_PROFILE, name, NULL, key);
    return value ? value : profile_file_get(&profiles->config, PROFILE_PROFILE, name, NULL, key);
}
