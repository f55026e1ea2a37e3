/*
 * json - reading JSON as a series of events, and writing it into a buf.
 *
 * Reading builds no tree: json_read walks the document once and hands every scalar, and every
 * start and end of an object or array, to a visitor together with its path. Most callers only
 * want a few members by name: json_pick. A cache file of somebody else's is rewritten with
 * json_replace, which keeps what it does not know.
 *
 * A path names where a value stands: "" is the document, "message" a member of it,
 * "logGroups[].creationTime" a member of each object in an array. In a key the bytes . [ ] \
 * are preceded by a backslash, and the empty key is a lone one, so that no key can pose as a path.
 *
 * Refused with ERROR_GARBLED, none of which a well-meaning peer sends: what RFC 8259 does not
 * allow, trailing bytes, invalid UTF-8 (surrogates and overlong forms too), an escape of half a
 * surrogate pair, the character U+0000, a key twice in one object, and anything beyond the limits
 * below. Error texts hold a position, never content, for a document may hold secrets; memory used
 * for reading is wiped. The visitor may have seen the beginning of a document that is refused
 * later.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"

#define JSON_DEPTH_MAX   16  /* objects and arrays open at once */
#define JSON_KEY_BYTES   512 /* of one key */
#define JSON_PATH_BYTES  1024
#define JSON_MEMBERS_MAX 256 /* of one object; arrays are bounded by the document's size */

/* The version of the yajl that is loaded: 20100 is 2.1.0. */
int json_version(void);

enum json_type {
    JSON_ABSENT, /* never an event; json_pick's word for a member that is not there or null */
    JSON_STRING,
    JSON_INTEGER, /* a number without fraction and exponent that fits an int64_t */
    JSON_NUMBER,  /* any other number: text holds it as it was written */
    JSON_BOOL,
    JSON_NULL,
    JSON_OBJECT,
    JSON_OBJECT_END,
    JSON_ARRAY,
    JSON_ARRAY_END,
};

/* Everything in it is borrowed until the visitor returns. */
struct json_event {
    enum json_type type;
    unsigned depth; /* objects and arrays around it, 0 for the document itself */
    const char *path;
    struct text key;  /* the member's name, without backslashes; key.data is NULL in an array */
    struct text text; /* a string's value, another scalar as it is written; no C string */
    int64_t integer;
    bool boolean;
};

/* Returns 0 to go on, -1 with *err set to give up. */
typedef int (*json_visit_fn)(void *context, const struct json_event *event, struct error *err);

/* Is path the path of this event? */
bool json_at(const struct json_event *event, const char *path);

int json_read(struct text document, size_t limit_bytes, json_visit_fn visit, void *context,
              struct error *err) MUST_USE;

/* One wanted member. */
struct json_pick {
    const char *path;
    struct buf *value;   /* gets the text of a scalar; may be NULL if only the type matters */
    enum json_type type; /* out: what it was, JSON_ABSENT if it was not there or null */
    bool null;           /* out: it was there, and null */
};

/*
 * Reads the wanted members of a document whose outermost value must be an object. First, all picks
 * are set to JSON_ABSENT and their values cleared. Of an object or array only the type is told. If
 * a path fits several elements of an array, the last one counts.
 */
int json_pick(struct text document, size_t limit_bytes, struct json_pick *picks, size_t count,
              struct error *err) MUST_USE;

/* A member to set: where, and its new value, a string. */
struct json_replacement {
    const char *path; /* through objects only, keys without . [ ] \ : "accessToken.expiresAt" */
    const char *value;
};

/*
 * Copies a document into out (white space aside), with members replaced, or added to the end of
 * their object where they are missing. ERROR_GARBLED if that object is missing.
 */
int json_replace(struct text document, size_t limit_bytes,
                 const struct json_replacement *replacements, size_t count, struct buf *out,
                 struct error *err) MUST_USE;

/*
 * Writing: each call adds one piece and the comma that it needs in front. key is NULL for the
 * outermost value and in arrays. The buf remembers failures: ask buf_check() at the end. out must
 * be empty, or end in a newline or in what these calls wrote. Bytes that are not UTF-8 become
 * U+FFFD, and control characters become escapes, so that the result is one line.
 *
 *     json_object(&body, NULL);
 *     json_string(&body, "logGroupName", name);
 *     json_object_end(&body);
 */
void json_object(struct buf *out, const char *key);
void json_object_end(struct buf *out);
void json_array(struct buf *out, const char *key);
void json_array_end(struct buf *out);
void json_text(struct buf *out, const char *key, struct text value);
void json_string(struct buf *out, const char *key, const char *value); /* NULL: null */
void json_integer(struct buf *out, const char *key, int64_t value);
void json_bool(struct buf *out, const char *key, bool value);
void json_null(struct buf *out, const char *key);
void json_raw(struct buf *out, const char *key, struct text json); /* JSON already, as it is */

#endif
