#include "view.h"

#include <string.h>

#include "own.h"
#include "rule.h"

struct lock_entry lock_entry_make(const char *prefix, struct text name, int64_t created_ms,
                                  bool has_content)
{
    struct lock_entry entry = {.name = name, .created_ms = created_ms, .has_content = has_content};
    entry.kind = attempt_parse(text_from(prefix), name, &entry.attempt);
    if (entry.kind == ATTEMPT_ELSEWHERE && !RULE(NESTED_ELSEWHERE)) {
        entry.attempt = (struct attempt){.id = name, .slots = 1};
        entry.kind = ATTEMPT_UNMARKED;
    }
    return entry;
}

bool lock_entry_is_live(const struct lock_entry *entry, int64_t timeout_ms, int64_t now_ms)
{
    int64_t grace_ms = RULE(EXPIRY_GRACE) ? LOCK_GRACE_MS : 0;
    return now_ms <= entry->created_ms + timeout_ms + grace_ms || !RULE(EXPIRES);
}

bool view_is_live(const struct lock *lock, const struct lock_entry *entry, int64_t now_ms)
{
    int64_t timeout_ms = lock->settings.lock_timeout_ms;
    if (entry->kind == ATTEMPT_MARKED && RULE(OTHERS_TIMEOUT))
        timeout_ms = entry->attempt.lock_timeout_ms;
    if (entry->kind == ATTEMPT_UNMARKED && RULE(ROLE_TIMEOUT))
        timeout_ms = lock->settings.role_timeout_ms;
    return lock_entry_is_live(entry, timeout_ms, now_ms);
}

struct mono view_fresh_until(const struct lock *lock, const struct lock_listing *listing)
{
    const struct lock_settings *settings = &lock->settings;
    int64_t pages_ms = listing->pages > 1 ? (listing->pages - 1LL) * LOCK_FRESH_PAGE_MS : 0;
    int64_t fresh_ms =
        ms_min(LOCK_FRESH_MS + pages_ms, settings->lock_timeout_ms / LOCK_FRESH_SHARE);
    fresh_ms = ms_max(fresh_ms, ms_max(LOCK_FRESH_MS, settings->settle_ms));
    return mono_add(listing->asked, fresh_ms);
}

struct view_run view_run(const struct lock *lock, const struct lock_listing *listing,
                         uint32_t first, int64_t now_ms)
{
    const struct lock_entry *entries = listing->entries;
    struct view_run run = {.first = first, .end = first};
    bool marked = entries[first].kind == ATTEMPT_MARKED;
    do {
        const struct lock_entry *entry = &entries[run.end++];
        bool live = view_is_live(lock, entry, now_ms);
        run.live |= live;
        run.live_claim |= live && entry->attempt.claim;
    } while (marked && run.end < listing->count && entries[run.end].kind == ATTEMPT_MARKED &&
             attempt_same_run(&entries[run.end].attempt, &entries[first].attempt));
    if (marked && run.end == listing->count && !listing->complete) /* the rest is yet to come */
        run.live = run.live_claim = true;
    return run;
}

int64_t view_ticket_ms(const struct lock_entry *entry)
{
    int64_t ticket_ms = entry->attempt.ticket_ms;
    return ticket_ms != ATTEMPT_UNKNOWN ? ticket_ms : entry->created_ms;
}

bool view_precedes(const struct lock *lock, const struct lock_entry *entry)
{
    const struct attempt *other = &entry->attempt;
    int64_t ticket_ms = view_ticket_ms(entry);
    if (ticket_ms != lock->ticket_ms)
        return ticket_ms < lock->ticket_ms;
    struct text id = text_from(lock->settings.id);
    struct text nonce = text_from(lock->settings.nonce);
    int order = text_order(other->id, id);
    if (order == 0 && other->nonce.length && nonce.length)
        order = memcmp(other->nonce.data, nonce.data,
                       other->nonce.length < nonce.length ? other->nonce.length : nonce.length);
    return order < 0;
}

bool view_is_leftover(const struct lock *lock, const struct lock_entry *entry,
                      const struct view_run *run)
{
    return own_same_id(lock, &entry->attempt) && !entry->attempt.claim &&
           lock->ticket_ms != ATTEMPT_UNKNOWN &&
           (view_precedes(lock, entry) || !RULE(LEFTOVER_EARLIER)) && !run->live_claim;
}

/* FNV-1a, 64 bits (draft-eastlake-fnv). A collision leaves one more log group alone. */
static uint64_t hash_on(uint64_t hash, struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * 1099511628211ULL;
    return hash;
}

uint64_t view_hash(struct text first, struct text second)
{
    return hash_on(hash_on(14695981039346656037ULL, first), second);
}

void view_notice(struct lock *lock, enum lock_notice notice, struct text name, bool *told)
{
    if (lock->notice != LOCK_NOTICE_NONE || *told)
        return;
    lock->notice = notice;
    *told = true;
    view_copy_name(name, lock->notice_name);
}

void view_copy_name(struct text name, char out[ATTEMPT_NAME_BYTES + 1])
{
    size_t length = name.length < ATTEMPT_NAME_BYTES ? name.length : ATTEMPT_NAME_BYTES;
    memcpy(out, name.data, length);
    out[length] = '\0';
}
