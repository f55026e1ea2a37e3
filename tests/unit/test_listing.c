/* The log groups of a listing, as the lock reads them. */
#include "unit.h"

#include "run/listing.h"

#define PAGES 500 /* of one name each */
#define OURS  "p/20261121T064512Z-web-7-0a1b2c3d#t900#q5"

static void add_page(struct logs_listing *pages, const char *groups, const char *token)
{
    char body[1000];
    (void)snprintf(body, sizeof(body), "{\"logGroups\":[%s]%s%s%s}", groups,
                   token ? ",\"nextToken\":\"" : "", token ? token : "", token ? "\"" : "");
    assert_int_equal(logs_listing_add(pages, text_from(body), NULL), 0);
}

static void each_page_adds_to_what_the_lock_sees(void **state)
{
    (void)state;
    struct logs_listing pages = LOGS_LISTING;
    struct listing listing = {0};
    struct lock_listing seen;
    pages.asked = (struct mono){77};
    add_page(&pages, "{\"logGroupName\":\"" OURS "\",\"creationTime\":9,\"storedBytes\":0}",
             "more");
    assert_int_equal(listing_read(&listing, &pages, "p", &seen, NULL), 0);
    assert_int_equal(seen.count, 1);
    assert_false(seen.complete);
    add_page(&pages,
             "{\"logGroupName\":\"p/x\",\"creationTime\":8,\"storedBytes\":5},"
             "{\"logGroupName\":\"p/y\",\"creationTime\":7,\"storedBytes\":0}",
             NULL);
    assert_int_equal(listing_read(&listing, &pages, "p", &seen, NULL), 0);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.pages, 2);
    assert_true(seen.complete);
    assert_int_equal(seen.asked.ms, 77);
    const struct lock_entry *entries = seen.entries;
    assert_int_equal(entries[0].kind, ATTEMPT_MARKED);
    assert_int_equal(entries[0].created_ms, 9);
    listing_free(&listing);
    listing_free(&listing);
    logs_listing_free(&pages);
}

static void an_empty_one_is_complete(void **state)
{
    (void)state;
    struct logs_listing pages = LOGS_LISTING;
    struct listing listing = {0};
    struct lock_listing seen;
    add_page(&pages, "", NULL);
    assert_int_equal(listing_read(&listing, &pages, "p", &seen, NULL), 0);
    assert_int_equal(seen.count, 0);
    assert_true(seen.complete);
    listing_free(&listing);
    logs_listing_free(&pages);
}

static void there_is_room_for_all_of_them(void **state)
{
    (void)state;
    struct logs_listing pages = LOGS_LISTING;
    struct listing listing = {0};
    struct lock_listing seen = {0};
    char group[100], token[20];
    for (int i = 0; i < PAGES; i++) {
        (void)snprintf(group, sizeof(group), "{\"logGroupName\":\"p/%04d\",\"creationTime\":%d}", i,
                       i);
        (void)snprintf(token, sizeof(token), "t%d", i);
        add_page(&pages, group, i < PAGES - 1 ? token : NULL);
        assert_int_equal(listing_read(&listing, &pages, "p", &seen, NULL), 0);
    }
    assert_int_equal(seen.count, PAGES);
    for (int i = 0; i < PAGES; i++)
        assert_int_equal(seen.entries[i].created_ms, i);
    listing_free(&listing);
    logs_listing_free(&pages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_page_adds_to_what_the_lock_sees),
        cmocka_unit_test(an_empty_one_is_complete),
        cmocka_unit_test(there_is_room_for_all_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
