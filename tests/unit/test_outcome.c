/* The words about what became of a lock. */
#include "run/outcome.h"

#include "unit.h"

#include <stdlib.h>

static struct session *begin(void)
{
    struct session *session = calloc(1, sizeof(*session));
    assert_non_null(session);
    struct lock_settings *settings = &session->config.lock;
    settings->prefix = "p";
    settings->id = "me";
    settings->lock_timeout_ms = 30000;
    lock_init(&session->lock, settings, (struct mono){1});
    return session;
}

static void what_could_not_be_deleted_is_named_and_how_long_others_wait(void **state)
{
    (void)state;
    struct error why;
    struct session *session = begin();
    assert_false(outcome_left(session, &why));
    session->lock.mutex.state = LOCK_MUTEX_LEFT;
    assert_true(outcome_left(session, &why));
    assert_string_equal(why.text, "could not delete 'p/#mutex'; others remove it when they take us "
                                  "for dead, 35 s after it was made or somewhat later: no answer "
                                  "in time");
    session->lock.generations[0].state = LOCK_GENERATION_LEFT;
    session->lock.generations[0].ticket_ms = ATTEMPT_UNKNOWN;
    session->lock.generations[0].token = ATTEMPT_UNKNOWN;
    assert_true(outcome_left(session, &why));
    assert_string_equal(why.text, "could not delete 'p/me#t30' and 1 more; others wait until it "
                                  "expires, 30 s after it was made: no answer in time");
    free(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_could_not_be_deleted_is_named_and_how_long_others_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
