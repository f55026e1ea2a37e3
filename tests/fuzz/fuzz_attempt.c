/*
 * Any prefix and, behind the first newline, any name below it. What was read must read the same
 * when it is written again, and what users may name must make a name that is read as theirs.
 */
#include "fuzz.h"
#include "lock/attempt.h"

/* A name that all runs share is written as it was read. */
static void read_shared(enum attempt_kind kind, struct text prefix, const char *prefix_text,
                        struct text name, uint32_t slot)
{
    char written[ATTEMPT_NAME_BYTES + 1];
    must(slot <= 1000);
    if (name.length > ATTEMPT_NAME_BYTES || strlen(prefix_text) != prefix.length)
        return;
    attempt_format_shared(prefix_text, kind, slot, written);
    must(text_equal(name, written));
}

/* Names come out of listings without NUL and within the service's limit. */
static void read_name(struct text prefix, struct text name, const char *prefix_text)
{
    struct attempt attempt, again;
    char written[ATTEMPT_NAME_BYTES + 1];
    enum attempt_kind kind = attempt_parse(prefix, name, &attempt);
    if (kind == ATTEMPT_ELSEWHERE)
        return;
    if (kind == ATTEMPT_MUTEX || kind == ATTEMPT_BREAK) {
        read_shared(kind, prefix, prefix_text, name, attempt.slot);
        return;
    }
    must(attempt.slots >= 1 && attempt.lock_timeout_ms >= 0 && attempt.id.length < name.length);
    must(!memchr(attempt.id.data ? attempt.id.data : "", '/', attempt.id.length));
    if (kind == ATTEMPT_UNMARKED || name.length > ATTEMPT_NAME_BYTES ||
        memchr(name.data, '\0', name.length))
        return;
    attempt_format(prefix_text, &attempt, written);
    must(strlen(written) <= name.length);
    must(attempt_parse(prefix, text_from(written), &again) == ATTEMPT_MARKED);
    must(attempt_same_run(&attempt, &again) && text_same(attempt.label, again.label));
    must(attempt.lock_timeout_ms == again.lock_timeout_ms && attempt.token == again.token);
    must(attempt.generation == again.generation && attempt.ticket_ms == again.ticket_ms);
    must(attempt.claim == again.claim && attempt.first_claim_ms == again.first_claim_ms);
    must(attempt.shared == again.shared && attempt.slots == again.slots);
    must(attempt.expect_ms == again.expect_ms);
}

/* The longest name that a run with this prefix, ID and label can come to need. */
static void make_name(const char *prefix, const char *id, const char *words)
{
    char label[ATTEMPT_LABEL_BYTES + 1], written[ATTEMPT_NAME_BYTES + 1];
    struct error err = {0};
    attempt_label(words, label);
    if (attempt_check_prefix(prefix, &err) != 0 || attempt_check_id(id, &err) != 0 ||
        attempt_check_length(prefix, id, label, &err) != 0) {
        must(err.kind == ERROR_USAGE && err.text[0] && !strpbrk(err.text, "\r\n\x1b"));
        return;
    }
    const int64_t moment = 9999999999999;
    struct attempt again;
    struct attempt attempt = {
        .id = text_from(id),
        .nonce = text_from("01234567"),
        .label = text_from(label),
        .lock_timeout_ms = 31536000000,
        .generation = UINT32_MAX,
        .ticket_ms = moment,
        .claim = true,
        .first_claim_ms = moment,
        .token = moment,
        .slots = 1000,
        .slot = 1000,
        .expect_ms = ATTEMPT_EXPECT_MS,
    };
    attempt_format(prefix, &attempt, written);
    must(attempt_parse(text_from(prefix), text_from(written), &again) == ATTEMPT_MARKED);
    must(attempt_same_run(&attempt, &again) && text_same(attempt.label, again.label));
    must(again.token == moment && again.generation == UINT32_MAX && again.slots == 1000);
    must(again.expect_ms == ATTEMPT_EXPECT_MS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    const char *newline = size ? memchr(bytes, '\n', size) : NULL;
    size_t length = newline ? (size_t)(newline - bytes) : size;
    size_t rest = size - length - (newline != NULL);
    char *prefix = strndup(bytes, length), *name = strndup(bytes + size - rest, rest);
    must(prefix && name);
    if (strlen(prefix) == length)
        read_name(text_slice(bytes, length), text_slice(bytes + size - rest, rest), prefix);
    make_name(prefix, name, name);
    free(prefix);
    free(name);
    return 0;
}
