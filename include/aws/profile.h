/*
 * profile - parses the AWS config and credentials files into sections, keys and values.
 *
 * Pure: the text is an argument, nothing is read or decided here. The grammar is that of the
 * AWS CLI (Python's configparser); where the SDKs are more lenient, the CLI decides:
 *
 *   - `[default]`, `[profile NAME]`, `[sso-session NAME]` and `[services NAME]` mean something
 *     in the config file, every section is a profile in the credentials file;
 *   - `key = value` or `key : value`, the key in any case; '#' and ';' start a comment only at
 *     the beginning of a line;
 *   - an empty value followed by deeper lines is a block of `sub = value` lines;
 *   - a section or key given twice, or a line that is none of these, is an error.
 *
 * A key with an empty value counts as not given. Values may be secret: the text is kept in a
 * secret buf, everything else points into it, and error texts hold the path, the line and what
 * is wrong, never what the line says.
 */
#ifndef AWS_PROFILE_H
#define AWS_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"

#define PROFILE_FILE_BYTES ((size_t)1024 * 1024) /* of one file */

enum profile_dialect {
    PROFILE_CONFIG,
    PROFILE_CREDENTIALS,
};

enum profile_kind {
    PROFILE_PROFILE,
    PROFILE_SSO_SESSION,
    PROFILE_SERVICES,
    PROFILE_OTHER, /* means nothing to us */
};

struct profile_entry {
    const char *block; /* the key whose block it is in; NULL: it is a key of the section itself */
    const char *key;
    const char *value;
};

struct profile_section {
    enum profile_kind kind;
    bool prefixed; /* `[profile default]`, which wins over `[default]` */
    const char *name;
    size_t first, count; /* its entries: index in the file's, and number */
};

/* One file. All zeros (but for the limit, see profile_file_parse) is an empty one. */
struct profile_file {
    struct buf text;
    struct profile_section *sections;
    size_t section_count;
    struct profile_entry *entries;
    size_t entry_count;
};

/* Both files. The functions below look for each key in the credentials file first. */
struct profiles {
    struct profile_file config, credentials;
};

/*
 * Reads a file's text, which is copied; path is for messages only. ret_file must be empty and is
 * so after a failure (ERROR_CONFIG, or ERROR_SYSTEM without memory). Give back with
 * profile_file_free.
 */
int profile_file_parse(struct profile_file *ret_file, enum profile_dialect dialect,
                       const char *path, struct text text, struct error *err) MUST_USE;
void profile_file_free(struct profile_file *file);
void profiles_free(struct profiles *profiles);

/* A value of one file's section, NULL if it is not given. Borrowed from the file. */
const char *profile_file_get(const struct profile_file *file, enum profile_kind kind,
                             const char *name, const char *block, const char *key);

/* Is there such a section in either file? */
bool profiles_have(const struct profiles *profiles, enum profile_kind kind, const char *name);

/* A value of the profile, from either file; NULL if it is not given. */
const char *profiles_get(const struct profiles *profiles, const char *name, const char *key);

#endif
