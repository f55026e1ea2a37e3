#include "stories.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mutations.h"

#define PATH_BYTES  512
#define STEPS_MAX   4
#define PEOPLE_MAX  3
#define STORY_BYTES (256 * 1024)

struct story {
    const char *name, *invariant, *rule;
    const char *without; /* rules that would hide it, and are left out all the time; or NULL */
    const char *words;   /* what happens, for the reader */
    uint32_t w_count, s_count;
    int64_t timeout_s, role_timeout_s, lag_ms;
    int64_t skew_ms[FRONT_ENDS_MAX]; /* of each contender's front end */
    struct plan_arrival people[PEOPLE_MAX];
    struct plan_step steps[STEPS_MAX];
    uint32_t step_count;
};

static const struct story stories[] = {
    {
        .name = "stopped-before-the-claim",
        .invariant = "I1",
        .without = "MUTEX+LOOK_FIRST",
        .rule = "LOOK_AFTER_CLAIM",
        .words =
            "W0 looks, sees nobody, and is stopped before its claim leaves. Meanwhile W1, whose\n"
            "front end's clock is 4 s behind, comes, has the smaller ticket, and enters. The\n"
            "claim of W0 arrives too late; the look after it shows W1's, and W0 waits on.",
        .w_count = 2,
        .timeout_s = 30,
        .lag_ms = 100,
        .skew_ms = {0, -4000},
        .people = {{.at_ms = 0, .hold_ms = 3000, .id = "a"},
                   {.at_ms = 1200, .hold_ms = 5000, .id = "b"}},
        .steps = {{0, PLAN_CREATE, 2, PLAN_STOP, 3000}},
        .step_count = 1,
    },
    {
        .name = "asleep-for-longer-than-its-attempt",
        .invariant = "I1",
        .without = "MUTEX+LOOK_FIRST",
        .rule = "HOLD_OFF",
        .words =
            "W0 is stopped for longer than its timeout. S0 comes, takes W0's attempt for\n"
            "abandoned, and works; its delete of that attempt is slow. W0 wakes up and finds its\n"
            "own attempt, older than S0's: but S0 has written it off, so it holds nobody off.",
        .w_count = 1,
        .s_count = 1,
        .timeout_s = 30,
        .lag_ms = 100,
        .people = {{.at_ms = 0, .hold_ms = 2000, .id = "a"},
                   {.at_ms = 32300, .hold_ms = 6000, .id = "s"}},
        .steps = {{0, PLAN_LIST, 1, PLAN_STOP, 32200}, {1, PLAN_DELETE, 2, PLAN_DELAY, 4000}},
        .step_count = 2,
    },
    {
        .name = "two-that-come-together",
        .invariant = "I1",
        .without = "MUTEX+LOOK_FIRST",
        .rule = "SETTLE",
        .words =
            "W0 and W1 come at the same time; W1's front end has a clock that is behind, so its\n"
            "ticket is the smaller one, although its attempt comes into sight later. Both wait\n"
            "D before they look: W0 then sees that it is second.",
        .w_count = 2,
        .timeout_s = 30,
        .lag_ms = 400,
        .skew_ms = {0, -1000},
        .people = {{.at_ms = 0, .hold_ms = 5000, .id = "a"},
                   {.at_ms = 320, .hold_ms = 3000, .id = "b"}},
    },
    {
        .name = "timeouts-that-differ",
        .invariant = "I6",
        .rule = "ROLE_TIMEOUT",
        .words =
            "S0's timeout is 120 s, and it works for 80 s; W0's own is 30 s. W0 has been told\n"
            "the role's timeout, and waits.",
        .w_count = 1,
        .s_count = 1,
        .timeout_s = 30,
        .role_timeout_s = 120,
        .lag_ms = 100,
        .people = {{.at_ms = 3000, .hold_ms = 2000, .id = "a"},
                   {.at_ms = 0, .hold_ms = 80000, .id = "s"}},
    },
    {
        .name = "the-same-id-twice",
        .invariant = "I1",
        .without = "MUTEX+LOOK_FIRST",
        .rule = "SAME_ID_CLAIM",
        .words =
            "Two runs of one explicit ID; by its front end's clock the second is the older. It\n"
            "sees the claim of the first, and honours it like anybody's.",
        .w_count = 2,
        .timeout_s = 30,
        .lag_ms = 100,
        .skew_ms = {0, -5000},
        .people = {{.at_ms = 0, .hold_ms = 6000, .id = "deploy", .nonce = "11111111"},
                   {.at_ms = 4000, .hold_ms = 2000, .id = "deploy", .nonce = "22222222"}},
    },
    {
        .name = "clocks-five-seconds-apart",
        .invariant = "I1",
        .without = "MUTEX+LOOK_FIRST",
        .rule = "EXPIRY_GRACE",
        .words =
            "W0 holds and is cut off from the service. W1's front end has a clock 4.9 s ahead,\n"
            "by which W0's attempt is older than it is. W1 gives it 5 s more: by then the\n"
            "command of W0 is dead.",
        .w_count = 2,
        .timeout_s = 15,
        .lag_ms = 100,
        .skew_ms = {0, 4900},
        .people = {{.at_ms = 0, .hold_ms = 90000, .id = "a"},
                   {.at_ms = 2000, .hold_ms = 3000, .id = "b"}},
        .steps = {{0, PLAN_LIST, 3, PLAN_CUT, 60000}},
        .step_count = 1,
    },
    {
        .name = "a-claim-made-again",
        .invariant = "I8",
        .without = "MUTEX+LOOK_FIRST",
        .rule = "LOSS_OLDER_NOT_KEY",
        .words = "W0 leaves and W1 enters. Then the service makes W0's claim again, with a new\n"
                 "creation time. Its ticket is smaller than W1's, but it is not older than W1's\n"
                 "claim: W1 keeps its lock.",
        .w_count = 2,
        .timeout_s = 30,
        .lag_ms = 100,
        .people = {{.at_ms = 0, .hold_ms = 1000, .id = "a"},
                   {.at_ms = 500, .hold_ms = 15000, .id = "b"}},
        .steps = {{0, PLAN_DELETE, 2, PLAN_AGAIN, 5000}},
        .step_count = 1,
    },
    {
        .name = "a-role-peer-that-sleeps",
        .invariant = "I8",
        .rule = "DROP_HOLDS_OFF",
        .words =
            "S0 makes its attempt while W0 holds, and falls asleep before it looks. W0 renews;\n"
            "its new generation is younger than S0's attempt, so the old one, which S0 will\n"
            "find first in the listing, has to stay until S0 is gone.",
        .w_count = 1,
        .s_count = 1,
        .timeout_s = 60,
        .lag_ms = 100,
        .people = {{.at_ms = 0, .hold_ms = 55000, .id = "a"},
                   {.at_ms = 4000, .hold_ms = 5000, .id = "s"}},
        .steps = {{1, PLAN_LIST, 1, PLAN_STOP, 40000}},
        .step_count = 1,
    },
    {
        .name = "a-create-that-comes-too-late",
        .invariant = "I4",
        .rule = "LEAVING_LOOKS",
        .words =
            "The connection breaks while W0 creates its attempt, and a signal ends it. Its delete\n"
            "finds nothing; then the service applies the create. W0 looks again, finds its\n"
            "name, and deletes it.",
        .w_count = 1,
        .timeout_s = 30,
        .lag_ms = 100,
        .people = {{.at_ms = 0, .hold_ms = 1000, .id = "a", .signal_ms = 60}},
        .steps = {{0, PLAN_CREATE, 1, PLAN_LATE, 600}, {0, PLAN_CREATE, 2, PLAN_LATE, 700}},
        .step_count = 2,
    },
    {
        .name = "an-answer-that-is-lost",
        .invariant = "I3",
        .rule = "LEASE_FROM_FIRST_SEND",
        .words =
            "The answer to W0's renewal is lost. It asks again, hears that the name exists, and\n"
            "counts its lease from the first sending. When the service is out of reach soon\n"
            "afterwards the command is dead before others may enter.",
        .w_count = 1,
        .timeout_s = 15,
        .lag_ms = 100,
        .people = {{.at_ms = 0, .hold_ms = 90000, .id = "a"}},
        .steps = {{0, PLAN_CREATE, 3, PLAN_LOSE, 0}, {0, PLAN_CREATE, 5, PLAN_CUT, 90000}},
        .step_count = 2,
    },
    {
        .name = "three-for-two-slots",
        .invariant = "I1",
        .without = "MUTEX+LOOK_FIRST",
        .rule = "SLOTS_SETTLE",
        .words =
            "There are two slots. W0 claims while W2, whose front end's clock is behind, is not "
            "in\n"
            "sight; then W1, which precedes W0 and sees W2, but not yet the claim of W0; then W2,\n"
            "which precedes both and does not yet see the claim of W1. Each has counted one. D\n"
            "after their claims they see each other.",
        .w_count = 3,
        .timeout_s = 30,
        .lag_ms = 480,
        .skew_ms = {1000, 0, -2000},
        .people = {{.at_ms = 0, .hold_ms = 4000, .id = "a", .slots = 2},
                   {.at_ms = 300, .hold_ms = 4000, .id = "b", .slots = 2},
                   {.at_ms = 650, .hold_ms = 4000, .id = "c", .slots = 2}},
    },
    {
        .name = "a-writer-among-readers",
        .invariant = "I5",
        .rule = "SHARED_WAITS",
        .words =
            "W0 reads. W1 wants to write, and waits for it; W2, which wants to read and could\n"
            "hold beside W0, came later than W1 and waits, too. Else W1 might wait for ever.",
        .w_count = 3,
        .timeout_s = 30,
        .lag_ms = 100,
        .people = {{.at_ms = 0, .hold_ms = 6000, .id = "a", .shared = true},
                   {.at_ms = 2000, .hold_ms = 2000, .id = "b"},
                   {.at_ms = 3000, .hold_ms = 8000, .id = "c", .shared = true}},
    },
    {
        .name = "two-hold-while-a-role-peer-sleeps",
        .invariant = "I8",
        .rule = "CLEAN_DEAD_RUNS",
        .words =
            "W0 and W1 have a slot each. S0 makes its attempt, and falls asleep before it looks; "
            "an\n"
            "old name of W0 holds it off for both. When that has expired it is not W1's to clean.",
        .w_count = 2,
        .s_count = 1,
        .timeout_s = 15,
        .role_timeout_s = 60,
        .lag_ms = 100,
        .people = {{.at_ms = 0, .hold_ms = 50000, .id = "a", .slots = 2},
                   {.at_ms = 500, .hold_ms = 50000, .id = "b", .slots = 2},
                   {.at_ms = 4000, .hold_ms = 5000, .id = "s"}},
        .steps = {{2, PLAN_LIST, 1, PLAN_STOP, 40000}},
        .step_count = 1,
    },
};

#define STORY_COUNT (sizeof(stories) / sizeof(stories[0]))

static void plan_story(struct plan *plan, const struct story *story)
{
    int64_t role_timeout_s = story->role_timeout_s ? story->role_timeout_s : story->timeout_s;
    *plan = (struct plan){
        .seed = 1,
        .story = story->name,
        .steps = story->steps,
        .step_count = story->step_count,
        .lock_timeout_ms = story->timeout_s * 1000,
        .role_timeout_ms = role_timeout_s * 1000,
        .role_age_ms = role_timeout_s * 1000,
        .settle_ms = 1000,
        .kill_after_ms = 1000,
        .front_ends = story->w_count + story->s_count,
        .lag_ms = story->lag_ms,
        .latency_ms = 20,
        .lag_full = 1,
        .role_delay_ms = 5000,
        .think_max_ms = 0,
        .hold_max_ms = 1000,
        .w_count = story->w_count,
        .s_count = story->s_count,
        .arrivals = story->people,
    };
    memcpy(plan->skew_ms, story->skew_ms, sizeof(plan->skew_ms));
}

/* Plays it into a file of its own; the text is the caller's to free. */
static char *play(struct scene *scene, const struct story *story, bool *ret_fine)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    fprintf(out, "%s (%s; without the rule %s it is violated)\n", story->name, story->invariant,
            story->rule);
    if (story->without)
        fprintf(out, "(played without %s: by listings alone)\n", story->without);
    fprintf(out, "\n%s\n\n", story->words);
    plan_story(&scene->plan, story);
    scene->world.transcript = out;
    *ret_fine = scene_play(scene);
    scene->world.transcript = NULL;
    (void)fclose(out);
    return text;
}

static bool same_as_file(const char *path, const char *text, bool rewrite)
{
    static char old[STORY_BYTES];
    FILE *file = fopen(path, rewrite ? "w" : "r");
    if (!file)
        return false;
    size_t length = strlen(text);
    bool same = true;
    if (rewrite)
        same = fwrite(text, 1, length, file) == length;
    else
        same = fread(old, 1, sizeof(old), file) == length && memcmp(old, text, length) == 0;
    return fclose(file) == 0 && same;
}

static bool leave_out(const struct story *story, const char *rule)
{
    char names[PATH_BYTES];
    (void)snprintf(names, sizeof(names), "%s%s%s", story->without ? story->without : "",
                   story->without && rule ? "+" : "", rule ? rule : "");
    return mutations_leave_out(*names ? names : NULL);
}

static bool check(struct scene *scene, const struct story *story, const char *directory,
                  bool rewrite)
{
    char path[PATH_BYTES];
    bool fine = false;
    (void)snprintf(path, sizeof(path), "%s/%s.txt", directory, story->name);
    if (!leave_out(story, NULL))
        return true; /* built without the mutations */
    char *text = play(scene, story, &fine);
    bool same = text && same_as_file(path, text, rewrite);
    free(text);
    if (!fine)
        printf("%s: %s\n", story->name, scene->world.failure);
    else if (!same)
        printf("%s: not as in %s; explain the difference, then --rewrite\n", story->name, path);
    if (!fine || !same || !leave_out(story, story->rule))
        return fine && same;
    text = play(scene, story, &fine);
    (void)mutations_leave_out(NULL);
    bool noticed = !fine && strncmp(scene->world.failure, story->invariant, 2) == 0;
    if (!noticed)
        printf("%s: without %s nothing happens to %s (%s)\n%s", story->name, story->rule,
               story->invariant, fine ? "all is fine" : scene->world.failure, text ? text : "");
    free(text);
    return noticed;
}

int stories_check(struct scene *scene, const char *directory, bool rewrite)
{
    int bad = 0;
    for (size_t i = 0; i < STORY_COUNT; i++)
        bad += !check(scene, &stories[i], directory, rewrite);
    printf("%zu stories, %d not as they should be\n", STORY_COUNT, bad);
    return bad ? 1 : 0;
}
