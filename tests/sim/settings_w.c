#include "settings_w.h"

#include <stdio.h>

#define STAMP_MS 1000 /* what a default ID tells of the time */

/* As of the place in the queue, or of the arrival. */
static void stamp(struct contender_w *self)
{
    int64_t now_ms = self->process.world->now_ms;
    (void)snprintf(self->id, sizeof(self->id), "%08lld-%s-%s",
                   (long long)(now_ms - now_ms % STAMP_MS), self->who, self->nonce);
}

void settings_w_stamp(struct contender_w *self)
{
    if (!self->stamped || !lock_is_nameless(&self->lock))
        return;
    stamp(self);
    checker_renames(self->checker, self->actor, self->id);
}

void settings_w_name(struct contender_w *self)
{
    struct world *world = self->process.world;
    const struct plan *plan = self->process.plan;
    uint32_t random = (uint32_t)prng_next(&world->prng);
    bool explicit_id = !world->calm && prng_chance(&world->prng, plan->explicit_id);
    (void)snprintf(self->nonce, sizeof(self->nonce), "%08x", random);
    if (plan->story)
        (void)snprintf(self->id, sizeof(self->id), "%s", plan->arrivals[self->actor].id);
    else if (explicit_id)
        (void)snprintf(self->id, sizeof(self->id), "deploy");
    else
        (void)snprintf(self->id, sizeof(self->id), "%c-%s-%08x", 'a' + (int)(random % 26),
                       self->who, random);
    self->stamped = !plan->story && !explicit_id && (plan->seed % 3 || plan->crowd);
    if (self->stamped)
        stamp(self);
    self->explicit_id = explicit_id || (plan->story && plan->arrivals[self->actor].nonce);
    if (plan->story && plan->arrivals[self->actor].nonce)
        (void)snprintf(self->nonce, sizeof(self->nonce), "%s", plan->arrivals[self->actor].nonce);
}

/* In the calm with a stream of readers every third is a writer, and stays one. */
static void draw_mode(const struct contender_w *self, struct lock_settings *settings)
{
    struct prng *prng = &self->process.world->prng;
    const struct plan *plan = self->process.plan;
    if (plan->stream && self->process.world->calm) {
        settings->shared = checker_is_reader(self->checker, self->actor);
        return;
    }
    settings->shared = prng_chance(prng, plan->shared);
    if (!settings->shared && prng_chance(prng, plan->slotted))
        settings->slots = plan->slots + (uint32_t)prng_range(prng, 0, plan->slots_more);
}

int64_t settings_w_hold_ms(struct contender_w *self)
{
    struct world *world = self->process.world;
    const struct plan *plan = self->process.plan;
    int64_t drawn_ms = (int64_t)prng_scale(&world->prng, 100, (double)plan->hold_max_ms);
    if (plan->arrivals)
        return plan->arrivals[self->actor].hold_ms;
    if (plan->first_hold_ms && self->actor == 0)
        return plan->first_hold_ms;
    if (plan->crowd)
        return prng_range(&world->prng, 0, 2 * plan->hold_max_ms);
    return world->calm ? prng_range(&world->prng, 100, 3000) : drawn_ms;
}

/* Half of them say something about it; nobody need be right. Not drawn: seeds play as before. */
static int64_t expect_ms(const struct contender_w *self)
{
    static const int64_t words_ms[] = {0, 1000, 0, 30000, 0, 600000, 0, ATTEMPT_EXPECT_MS};
    uint64_t word = self->process.plan->seed + self->actor + self->runs;
    return words_ms[word % (sizeof(words_ms) / sizeof(words_ms[0]))];
}

struct lock_settings settings_w_draw(struct contender_w *self)
{
    struct prng *prng = &self->process.world->prng;
    const struct plan *plan = self->process.plan;
    struct lock_settings settings = {
        .prefix = PLAN_PREFIX,
        .id = self->id,
        .nonce = self->explicit_id ? self->nonce : NULL,
        .lock_timeout_ms = plan->lock_timeout_ms,
        .role_timeout_ms = plan->role_timeout_ms,
        .settle_ms = plan->settle_ms,
        .kill_after_ms = plan->kill_after_ms,
        .release_timeout_ms = 30000,
        .wait_until = MONO_NEVER,
        .arrival_tries = 8,
    };
    self->patient = true;
    if (plan->story) {
        settings.shared = plan->arrivals[self->actor].shared;
        settings.slots = plan->arrivals[self->actor].slots;
    }
    settings.expect_ms = self->actor == 0 ? plan->expect_ms : 0;
    if (plan->story || plan->crowd)
        return settings;
    settings.expect_ms = expect_ms(self);
    if (!self->process.world->calm) {
        settings.nonblock = prng_chance(prng, plan->nonblock);
        if (settings.nonblock)
            settings.wait_until = process_clock(&self->process);
        else if (prng_chance(prng, plan->wait_limit))
            settings.wait_until = mono_add(process_clock(&self->process),
                                           prng_range(prng, 0, 2 * plan->lock_timeout_ms));
        if (prng_chance(prng, plan->wait_limit / 4))
            settings.max_attempts = (unsigned)prng_range(prng, 1, 10);
        settings.arrival_tries = (unsigned)prng_range(prng, 1, 12);
        self->patient = false;
    }
    if (plan->mixed_timeouts)
        settings.lock_timeout_ms *=
            prng_range(prng, 1, plan->role_timeout_ms / plan->lock_timeout_ms);
    settings.no_queue = prng_chance(prng, plan->no_queue);
    if (settings.no_queue)
        settings.retry_delay_ms = plan->role_delay_ms;
    else if (prng_chance(prng, plan->retry_delay))
        settings.retry_delay_ms = prng_range(prng, 200, plan->lock_timeout_ms / 4);
    if (plan->shared > 0 || plan->slotted > 0)
        draw_mode(self, &settings);
    return settings;
}
