/*
 * checker - the true history against docs/protocol.md's list of what must stay true.
 *
 * Knows what happened (who holds, what stands in the service, what was sent and shown), and
 * nothing of how struct lock works. A W holds while its command is alive and not frozen with
 * its machine; an S from its decision until T_S after its create. The first violation is
 * recorded in the world by world_fail(), with the invariant's number.
 */
#ifndef SIM_CHECKER_H
#define SIM_CHECKER_H

#include "lock/attempt.h"
#include "lock/lock.h"
#include "plan.h"
#include "service.h"
#include "world.h"

#define CHECKER_NAMES_MAX    48 /* most recent names of one run that are remembered */
#define CHECKER_TROUBLES_MAX 64 /* most recent troubles of one run */

struct checker_name {
    const char *name;
    int64_t sent_ms;     /* by the run's own clock: before the first send that may have reached */
    int64_t sent_at_ms;  /* the same in true time */
    bool maybe;          /* a send may have reached the service, */
    bool unknown;        /* and it was once not told what came of it */
    bool known;          /* it was told that it is there, by an answer or by a listing */
    bool confirmed;      /* shown to the run by a listing, */
    int64_t created_ms;  /* with this creation time */
    int64_t gone_ms;     /* when its delete was answered; 0: not yet */
    int64_t deletion_ms; /* true time: a delete was first sent for it; 0: not yet */
};

/* True times between which a run could not get on: stopped, or with a request that failed or was
 * slow, and the pause after that. */
struct checker_trouble {
    int64_t from_ms, until_ms;
};

struct checker_actor {
    char who[8];
    bool role;
    bool present; /* a run is under way (a W that was killed is not), */
    bool leaving; /* and wants the lock no more */
    int64_t arrived_ms;
    uint32_t run;
    char id[64];
    int64_t lock_timeout_ms;
    bool queues;
    const struct lock_settings *settings; /* W */
    bool shared;                          /* how this run takes the lock; */
    uint32_t slots;                       /* 0 and 1: exclusively */
    bool through;                         /* it has held in the calm */
    int64_t known_ticket_ms;              /* the ticket as listings have shown it to the run */

    bool holding, frozen;
    uint32_t holds;
    int64_t since_ms;
    int64_t counts_until_ms; /* S: T_S after its create */
    bool robbed;             /* S: its attempt was deleted under it; W: a sweeper was there */

    struct checker_name names[CHECKER_NAMES_MAX];
    uint32_t name_count;
    bool forgetful;            /* it made more, which were deleted */
    int64_t lease_ends_ms;     /* own clock */
    int64_t ticket_ms;         /* of the run, as the service has it */
    int64_t claim_ms;          /* creation time of its first claim, by the service's clock */
    int64_t asked_ms, read_ms; /* true times: the last whole listing, */
    int64_t decided_asked_ms, decided_read_ms;             /* and the one that gave it the lock */
    struct checker_trouble troubles[CHECKER_TROUBLES_MAX]; /* in order, apart */
    uint32_t trouble_count;
    int64_t forgotten_ms;             /* until then all may have been trouble */
    int64_t left_ms;                  /* true time: when it began to leave */
    uint32_t failures, hard_failures; /* in a row; other than throttling */
    uint32_t requests;                /* answered, or given up */
    uint32_t looks;                   /* listings of which it has read a page at least */
    int64_t look_asked_ms;            /* true time: the last of them; it may have shown */
    int64_t next_look_ms;   /* true time: the next comes before that, if nothing befalls it */
    int64_t watching_ms;    /* true time: since then whole listings have shown it a mutex, and no
                               claim that lives; WORLD_NEVER: the last has not */
    bool sees_ahead;        /* somebody ahead, */
    int64_t saw_ahead_ms;   /* then last, in true time; */
    bool sees_young;        /* none but such as may be withdrawing, */
    bool sees_newer;        /* a newer run of its ID */
    bool anchored;          /* it knows the time: it has seen an attempt of its own; */
    int64_t anchor_late_ms; /* what it knows of it is late by no more than this */
    bool over_well;         /* the run has left, and had the time to do it */
    bool made;              /* a create of this run was answered, or seen, */
    int64_t made_ms;        /* true time: for the first time */
    char mutex[64];         /* the one that it made last, or may have made, */
    int64_t mutex_ms;       /* true time: when that was sent; */
    int64_t shared_ms;      /* and the last create of any name that all runs share */
    bool mutex_made;        /* a mutex: its create was answered, its delete was not; */
    bool mutex_sent;        /* its last create had no answer; */
    bool mutex_doubt;       /* or some answer about it was lost: only a look tells; */
    int64_t doubted_ms;     /* true time: the last such answer */
    bool left_mutex;        /* it had one when it began to leave */
    int64_t claim_sent_ms;  /* true time: before the first send of the newest claim that it has */
    bool uncertain;         /* what became of a create was unknown once */
    int64_t taken_ms;       /* W: creation time of the oldest attempt of it that a newer run of its
                               ID has deleted; INT64_MAX: none */
    struct group *group;    /* S: its attempt */
};

/* In the calm, who should enter since when, and until when. */
struct checker_free {
    const struct checker_actor *first;
    uint32_t run;
    int64_t since_ms, until_ms;
};

struct checker {
    struct world *world;
    const struct plan *plan;
    struct service *service;
    struct checker_actor *actors; /* borrowed from the scene */
    uint32_t actor_count;
    int64_t token_max; /* of exclusive holders */
    int64_t claim_ms;  /* when a claim was last made or deleted */

    int64_t calm_ms;
    struct checker_free free;

    uint64_t entries;      /* holds that began */
    uint64_t doubles;      /* outside the bounds: overlaps */
    uint64_t lost;         /* locks lost */
    uint64_t out_of_order; /* entries of a W with a smaller ticket than the one before */
    int64_t last_ticket_ms;
    uint64_t freed_ms; /* when the lock last became free */
    int64_t *idle_ms;  /* with --waiters: how long a free lock stayed free; else NULL */
    uint32_t idle_count, idle_room;
};

void checker_start(struct checker *checker, struct world *world, const struct plan *plan,
                   struct service *service, struct checker_actor *actors, uint32_t count);

/* Its ID has changed: nothing was made with the old one. */
void checker_renames(struct checker *checker, uint32_t actor, const char *id);

/* A run begins, with its ID and its own T; `queues`: it keeps its place. */
void checker_run(struct checker *checker, uint32_t actor, const char *id, int64_t lock_timeout_ms,
                 bool queues);

/* Right after that, for a W: how the run takes the lock. Borrowed. */
void checker_mode(struct checker *checker, uint32_t actor, const struct lock_settings *settings);

/* A stream of readers in the calm: who belongs to it, and whether it still flows. */
bool checker_is_reader(const struct checker *checker, uint32_t actor);
bool checker_streams(const struct checker *checker, uint32_t actor);

/* A run has held in the calm. */
void checker_through(struct checker *checker, uint32_t actor);

/* What W does, with its own clock. */
void checker_sends(struct checker *checker, uint32_t actor, const char *name, struct mono sent);
void checker_outcome(struct checker *checker, uint32_t actor, enum plan_op op, const char *name,
                     struct mono now, const struct lock_answer *answer);
bool checker_is_shared(const char *name);

/* There is no room for more names: of the older half those that were deleted are forgotten. */
void checker_forgets(struct checker_actor *self);
void checker_deletes(struct checker *checker, uint32_t actor, const char *name);
void checker_gone(struct checker *checker, uint32_t actor, const char *name);
void checker_shown(struct checker *checker, uint32_t actor, struct mono now, int64_t asked_ms,
                   const struct lock_listing *listing, bool own_name);
void checker_whole_listing(struct checker *checker, uint32_t actor, int64_t asked_ms);

/* By its last listing it says that it has the lock. */
void checker_decides(struct checker *checker, uint32_t actor);

/* One try was told that somebody is ahead. */
void checker_refused(struct checker *checker, uint32_t actor);

/*
 * A page of a listing was read (of its own name alone: it tells nothing of others); a run leaves
 * for this reason; no faults any more.
 */
void checker_looks(struct checker *checker, uint32_t actor, int64_t asked_ms,
                   const struct lock_listing *listing, bool own_shown, bool own_name);

void checker_gives_up(struct checker *checker, uint32_t actor, struct mono now,
                      enum lock_reason reason);
void checker_calms(struct checker *checker);

/* Who keeps no place saw somebody ahead, and makes nothing more until it tries anew. */
bool checker_has_withdrawn(const struct checker_actor *self);

/* Under a quota: a free lock was entered in time; and a run has asked no more than it may. */
void checker_progress(const struct checker *checker, const struct checker_actor *self);
void checker_pace(const struct checker *checker, const struct checker_actor *self);

/* What it may know of its mutex: (for checker.c.) */
void checker_mutex_outcome(struct checker *checker, struct checker_actor *self, enum plan_op op,
                           const char *name, const struct lock_answer *answer);

/*
 * Of two living runs of one explicit ID the newer has taken what the older one, `self`, held this S
 * off with (any S, with NULL). Not promised: the delete may have been on its way since before that
 * claimed.
 */
bool checker_replaced(const struct checker *checker, const struct checker_actor *self,
                      const struct checker_actor *role);

/* I8: it was lost to the claim of a run that does not hold and came too late to be known. */
bool checker_late_claim(const struct checker *checker, const struct checker_actor *self);

/* A hold of a W ends: (for checker.c.) */
void checker_cleaned(struct checker *checker, const struct checker_actor *self);

/* I5: a name that is made keeps the place that its run has. */
void checker_keeps_ticket(const struct checker *checker, struct checker_actor *self,
                          const char *name);

/* Made between the listing by which `self` decided to delete it and now: excepted from I6. */
bool checker_made_anew(const struct checker *checker, const struct checker_actor *self,
                       uint32_t run, int64_t decided_ms, const struct group *group);

/* It is, or was, held up. */
void checker_trouble(struct checker *checker, uint32_t actor, int64_t from_ms, int64_t until_ms);

/* A request is over; `failure` is NULL if it did not fail. */
void checker_request(struct checker *checker, uint32_t actor, int64_t began_ms,
                     const struct lock_answer *failure);

/* The end of the first stretch of so long, begun at from_ms or later, without trouble. */
int64_t checker_undisturbed(const struct checker_actor *self, int64_t from_ms, int64_t need_ms);

/* What so many requests, or reading a whole listing, take at most if nothing befalls them. */
int64_t checker_trips_ms(const struct plan *plan, int64_t requests);
int64_t checker_listing_ms(const struct checker *checker);

/* What must go before the command has taken half a minute since the look that decided. */
bool checker_has_cleaned(const struct checker *checker, const struct checker_actor *self);

/* I4: the time for leaving is over; and all the same it would have been enough to delete what is
 * known, or (if not NULL) this group, which came late. */
bool checker_out_of_time(const struct checker *checker, const struct checker_actor *self,
                         const struct lock_settings *settings);
bool checker_had_time(const struct checker *checker, const struct checker_actor *self,
                      const struct group *group);

/* A lease was not renewed in time. (For checker.c.) */
void checker_lost_lease(struct checker *checker, const struct checker_actor *self, struct mono now);

/* A hold begins (now: own clock, for W) and ends. */
void checker_holds(struct checker *checker, uint32_t actor, struct mono now);
void checker_held(struct checker *checker, uint32_t actor, struct mono now);
void checker_freezes(struct checker *checker, uint32_t actor);
void checker_thaws(struct checker *checker, uint32_t actor);

/* Right after it holds: its token is larger than that of whoever held before it. */
void checker_token(struct checker *checker, uint32_t actor, int64_t token);

/* A run says that its lock is lost; begins to leave; is over. */
void checker_lost(struct checker *checker, uint32_t actor, struct mono now,
                  enum lock_reason reason);
void checker_leaves(struct checker *checker, uint32_t actor, struct mono now,
                    enum lock_reason reason);
void checker_exits(struct checker *checker, uint32_t actor, const struct lock_settings *settings);
void checker_killed(struct checker *checker, uint32_t actor);

/* The ticket that a name shows: of a first generation its creation time. (For the checker's.) */
int64_t checker_ticket_ms(const struct group *group, const struct attempt *attempt);

/* What the service applies. */
void checker_created(struct checker *checker, struct group *group);
void checker_deleted(struct checker *checker, uint32_t actor, uint32_t run, int64_t decided_ms,
                     struct group *group);
void checker_swept(struct checker *checker, struct group *group);

/* Everybody is gone: what stands now must have a reason. */
void checker_end(struct checker *checker);

#endif
