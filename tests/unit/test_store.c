#include "unit.h"

#include "cwlogs-local/store.h"

#define NOW  ((int64_t)1000000)
#define BORN ((int64_t)1700000000000)

static struct budget budget = {.limit_bytes = 1 << 20};

static struct moment at(int64_t ms, int64_t lag_ms)
{
    return (struct moment){.now_ms = NOW + ms, .stamp_ms = BORN + ms, .lag_ms = lag_ms};
}

static void create(struct store *store, const char *name, int64_t ms, int64_t lag_ms)
{
    struct group_wish wish = {.name = text_from(name), .kms_key_id = text_from("")};
    assert_int_equal(store_create_group(store, &wish, at(ms, lag_ms)), STORE_DONE);
}

static void erase(struct store *store, const char *name, int64_t ms, int64_t lag_ms)
{
    assert_int_equal(store_delete_group(store, text_from(name), at(ms, lag_ms)), STORE_DONE);
}

static struct group_filter filter(const char *prefix, const char *after, size_t limit)
{
    return (struct group_filter){.prefix = text_from(prefix),
                                 .pattern = text_from(""),
                                 .after = text_from(after),
                                 .limit = limit};
}

/* The names shown, with a blank behind each, and "+" if there are more. */
static const char *shown(const struct store *store, const struct group_filter *filter, int64_t ms)
{
    static char names[4096];
    struct group *page[50];
    bool more;
    size_t count = store_list_groups(store, filter, NOW + ms, page, &more);
    int used = 0;
    names[0] = '\0';
    for (size_t i = 0; i < count; i++)
        used += snprintf(names + used, sizeof(names) - (size_t)used, "%s ", page[i]->entry.name);
    if (more)
        (void)snprintf(names + used, sizeof(names) - (size_t)used, "+");
    return names;
}

static const char *all(const struct store *store, int64_t ms)
{
    struct group_filter everything = filter("", "", 50);
    return shown(store, &everything, ms);
}

static void existence_is_exact(void **state)
{
    (void)state;
    struct store store;
    store_init(&store, &budget);
    struct group_wish wish = {.name = text_from("a"), .kms_key_id = text_from("")};
    create(&store, "a", 0, 5000);
    assert_int_equal(store_create_group(&store, &wish, at(1, 0)), STORE_GROUP_EXISTS);
    assert_non_null(store_find_group(&store, text_from("a")));
    assert_int_equal(store_find_group(&store, text_from("a"))->creation_ms, BORN);
    assert_null(store_find_group(&store, text_from("")));
    assert_null(store_find_group(&store, text_from("aa")));
    erase(&store, "a", 2, 5000);
    assert_null(store_find_group(&store, text_from("a")));
    assert_int_equal(store_delete_group(&store, text_from("a"), at(3, 0)), STORE_GROUP_ABSENT);
    store_free(&store);
    store_free(&store);
}

static void listings_follow_late(void **state)
{
    (void)state;
    struct store store;
    store_init(&store, &budget);
    create(&store, "a", 0, 300);
    create(&store, "b", 0, 100);
    assert_string_equal(all(&store, 99), "");
    assert_string_equal(all(&store, 100), "b ");
    assert_string_equal(all(&store, 300), "a b ");
    erase(&store, "b", 400, 200);
    assert_string_equal(all(&store, 599), "a b ");
    assert_string_equal(all(&store, 600), "a ");
    store_free(&store);
}

static void a_name_made_anew_is_listed_once(void **state)
{
    (void)state;
    struct store store;
    struct group *page[50];
    bool more;
    struct group_filter everything = filter("", "", 50);
    store_init(&store, &budget);
    create(&store, "a", 0, 0);
    erase(&store, "a", 100, 1000);
    create(&store, "a", 200, 300);
    assert_int_equal(store_list_groups(&store, &everything, NOW + 250, page, &more), 1);
    assert_int_equal(page[0]->creation_ms, BORN); /* the remains of the first */
    assert_int_equal(store_list_groups(&store, &everything, NOW + 500, page, &more), 1);
    assert_int_equal(page[0]->creation_ms, BORN + 200);
    erase(&store, "a", 600, 0); /* the older one must not come back */
    assert_string_equal(all(&store, 600), "");
    store_free(&store);
}

static void deleted_before_it_was_shown_is_never_shown(void **state)
{
    (void)state;
    struct store store;
    store_init(&store, &budget);
    create(&store, "a", 0, 1000);
    erase(&store, "a", 10, 0);
    assert_string_equal(all(&store, 500), "");
    assert_string_equal(all(&store, 1500), "");
    store_free(&store);
}

static void listings_filter_and_page(void **state)
{
    (void)state;
    struct store store;
    static const char *const names[] = {"q", "p/b", "p", "p/a#1", "p/a", "p2/a", "p/B", "p/"};
    static const struct {
        const char *prefix, *pattern, *after;
        size_t limit;
        const char *names;
    } rows[] = {
        {"", "", "", 50, "p p/ p/B p/a p/a#1 p/b p2/a q "}, /* ASCII order */
        {"p/", "", "", 50, "p/ p/B p/a p/a#1 p/b "},
        {"p/", "", "", 2, "p/ p/B +"},
        {"p/", "", "p/B", 2, "p/a p/a#1 +"},
        {"p/", "", "p/a#1", 2, "p/b "},
        {"p/", "", "p/aa", 2, "p/b "}, /* the name before has gone: on behind it */
        {"p/", "", "a", 1, "p/ +"},
        {"p/", "", "z", 5, ""},
        {"x", "", "", 5, ""},
        {"", "/a", "", 50, "p/a p/a#1 p2/a "},
        {"", "/a", "p/a", 1, "p/a#1 +"},
        {"", "A", "", 50, ""},
    };
    store_init(&store, &budget);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        create(&store, names[i], 0, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct group_filter row = filter(rows[i].prefix, rows[i].after, rows[i].limit);
        row.pattern = text_from(rows[i].pattern);
        check_row(strcmp(shown(&store, &row, 0), rows[i].names) == 0, rows[i].names);
    }
    store_free(&store);
}

/* Creating and deleting without end leaves no remains behind, and no order is lost. */
static void remains_are_dropped(void **state)
{
    (void)state;
    struct store store;
    char name[32];
    store_init(&store, &budget);
    create(&store, "m", 0, 0);
    create(&store, "remains", 0, 0);
    erase(&store, "remains", 0, 20000); /* still shown when the others are swept up */
    for (int i = 0; i < 20000; i++) {
        (void)snprintf(name, sizeof(name), "%c%d", 'a' + i % 26, i);
        create(&store, name, i, 50);
        erase(&store, name, i, 100);
        assert_true(store.groups.count < 1000);
    }
    assert_int_equal(store.groups.existing, 1);
    struct group_filter remains = filter("remains", "", 50);
    assert_string_equal(shown(&store, &remains, 19999), "remains ");
    assert_string_equal(shown(&store, &remains, 20000), "");
    assert_string_equal(all(&store, 30000), "m ");
    for (size_t i = 1; i < store.groups.count; i++)
        assert_true(strcmp(store.groups.entries[i - 1]->name, store.groups.entries[i]->name) <= 0);
    store_free(&store);
}

static void protection_blocks_deleting(void **state)
{
    (void)state;
    struct store store;
    store_init(&store, &budget);
    struct group_wish wish = {.name = text_from("a"), .is_protected = true};
    assert_int_equal(store_create_group(&store, &wish, at(0, 0)), STORE_DONE);
    assert_int_equal(store_delete_group(&store, text_from("a"), at(1, 0)), STORE_PROTECTED);
    assert_non_null(store_find_group(&store, text_from("a")));
    store_free(&store);
}

static void put(struct group *group, struct stream *stream, int64_t first, int64_t last,
                int64_t bytes, int64_t lag_ms, struct moment when)
{
    struct events_taken taken = {.end = 1, .first_ms = first, .last_ms = last, .bytes = bytes};
    assert_int_equal(store_put_events(group, stream, &taken, lag_ms, when), STORE_DONE);
}

static void stored_bytes_come_late(void **state)
{
    (void)state;
    struct store store;
    store_init(&store, &budget);
    create(&store, "a", 0, 0);
    struct group *group = store_find_group(&store, text_from("a"));
    assert_int_equal(store_create_stream(group, text_from("s"), at(0, 0)), STORE_DONE);
    assert_int_equal(store_create_stream(group, text_from("s"), at(0, 0)), STORE_STREAM_EXISTS);
    struct stream *stream = store_find_stream(group, text_from("s"));
    put(group, stream, 5, 9, 10, 1000, at(0, 0));
    put(group, stream, 3, 7, 20, 1000, at(900, 0));
    assert_int_equal(store_shown_bytes(group, NOW + 999), 0);
    assert_int_equal(store_shown_bytes(group, NOW + 1000), 10);
    assert_int_equal(store_shown_bytes(group, NOW + 1900), 30);
    put(group, stream, 8, 8, 1, 0, at(2000, 0));
    assert_int_equal(store_shown_bytes(group, NOW + 2000), 31);
    assert_int_equal(stream->first_event_ms, 3);
    assert_int_equal(stream->last_event_ms, 9);
    assert_int_equal(stream->last_ingestion_ms, BORN + 2000);
    put(group, stream, 8, 8, 1, 9999, at(2000, 0));
    store_free(&store); /* with a batch pending */
}

/* What is taken of the budget comes back, whatever was done, and what it has no room for is not. */
static void memory_is_counted(void **state)
{
    (void)state;
    struct store store;
    struct tags tags = {0};
    struct group_wish wish = {.kms_key_id = text_from("key"), .tags = &tags};
    struct events_taken taken = {.end = 1, .bytes = 1};
    char name[32];
    store_init(&store, &budget);
    assert_int_equal(tags_set(&tags, text_from("k"), text_from("a long value")), 0);
    unsigned made = 0;
    for (enum store_result result = STORE_DONE; result == STORE_DONE; made++) {
        (void)snprintf(name, sizeof(name), "g%u", made);
        wish.name = text_from(name);
        result = store_create_group(&store, &wish, at(0, 0));
        assert_true(result == STORE_DONE || result == STORE_NO_MEMORY);
    }
    assert_in_range(made, 1000, 4000);
    assert_in_range(budget.limit_bytes - budget.used_bytes, 0, 1000);
    struct group *group = store_find_group(&store, text_from("g7"));
    size_t before = budget.used_bytes;
    budget.limit_bytes += 1000; /* for the moment in which there are both */
    assert_int_equal(store_tag_group(group, &tags), STORE_DONE); /* replaces: costs nothing */
    budget.limit_bytes -= 1000;
    assert_int_equal(budget.used_bytes, before);
    store_untag_group(group, &tags);
    assert_true(budget.used_bytes < before);
    erase(&store, "g1", 1, 0);
    erase(&store, "g2", 1, 1000);
    for (int i = 0; i < 600; i++) { /* enough for the sweep; the one that is still shown stays */
        (void)snprintf(name, sizeof(name), "g%d", 20 + i);
        erase(&store, name, 2, 0);
    }
    assert_true(budget.used_bytes < before * 9 / 10);
    assert_int_equal(store_create_stream(group, text_from("s"), at(3, 0)), STORE_DONE);
    struct stream *stream = store_find_stream(group, text_from("s"));
    before = budget.used_bytes;
    assert_int_equal(store_put_events(group, stream, &taken, 10, at(3, 0)), STORE_DONE);
    assert_true(budget.used_bytes > before);
    assert_int_equal(store_shown_bytes(group, NOW + 13), 1);
    assert_int_equal(budget.used_bytes, before);
    assert_int_equal(store_put_events(group, stream, &taken, 10, at(20, 0)), STORE_DONE);
    tags_free(&tags);
    store_free(&store);
    assert_int_equal(budget.used_bytes, 0);
}

static void tags_are_limited(void **state)
{
    (void)state;
    struct store store;
    struct tags more = {0};
    char key[16];
    store_init(&store, &budget);
    create(&store, "a", 0, 0);
    struct group *group = store_find_group(&store, text_from("a"));
    for (int i = 0; i < TAGS_MAX; i++) {
        (void)snprintf(key, sizeof(key), "k%02d", (i * 7) % TAGS_MAX);
        assert_int_equal(tags_set(&more, text_from(key), text_from("v")), 0);
    }
    assert_int_equal(more.count, TAGS_MAX);
    assert_string_equal(more.tags[0].key, "k00");
    assert_string_equal(more.tags[TAGS_MAX - 1].key, "k49");
    assert_int_equal(store_tag_group(group, &more), STORE_DONE);
    assert_int_equal(store_tag_group(group, &more), STORE_DONE); /* replaces */
    tags_remove(&more, text_from("k01"));
    tags_remove(&more, text_from("none"));
    assert_int_equal(tags_set(&more, text_from("x"), text_from("")), 0);
    assert_int_equal(store_tag_group(group, &more), STORE_TOO_MANY_TAGS);
    assert_int_equal(group->tags.count, TAGS_MAX);
    tags_free(&more);
    tags_free(&more);
    store_free(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(existence_is_exact),
        cmocka_unit_test(listings_follow_late),
        cmocka_unit_test(a_name_made_anew_is_listed_once),
        cmocka_unit_test(deleted_before_it_was_shown_is_never_shown),
        cmocka_unit_test(listings_filter_and_page),
        cmocka_unit_test(remains_are_dropped),
        cmocka_unit_test(protection_blocks_deleting),
        cmocka_unit_test(stored_bytes_come_late),
        cmocka_unit_test(memory_is_counted),
        cmocka_unit_test(tags_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
