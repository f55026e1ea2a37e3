/*
 * limits - the bounds that the rules of the lock keep: how many, how long, which share of a
 * timeout.
 *
 * T, D, k and T_S are the settings of that name in docs/protocol.md ("Words"). ..._MS are
 * milliseconds, ..._SETTLES multiples of D, ..._SHARE n means 1/n, ..._LOOKS and the rest counts.
 */
#ifndef LOCK_LIMITS_H
#define LOCK_LIMITS_H

/* ---- Memory ---- */

#define LOCK_GENERATIONS_MAX 24  /* names of a run that it remembers at once */
#define LOCK_FRONT_MAX       50  /* names of the first page of a listing, which every look reads */
#define LOCK_CLEANING_MAX    32  /* abandoned attempts remembered from one listing */
#define LOCK_LEFT_ALONE_MAX  128 /* log groups remembered that turned out to be no attempts */
#define LOCK_NAMES_TAKEN_MAX 8   /* of our own next names, in a row, that somebody made before us */
#define LOCK_SLOTS_MAX       1000 /* --slots */
#define LOCK_LOSS_CAUSES     3    /* our claims are gone, an older claim, a stranger */
#define LOCK_OLDER_BITS      4096 /* in a set of hashes of runs; runs that share one are mixed up */

/* ---- Looks ---- */

#define LOCK_UNSEEN_LOOKS  3    /* in a row, D apart, do not show us: we ask for our name */
#define LOCK_LOSS_LOOKS    3    /* in a row, D apart, tell that the lock is lost */
#define LOCK_YOUNG_LOOKS   3    /* more of one try, at those who may be about to withdraw */
#define LOCK_LEAVING_LOOKS 2    /* in a row, D apart, that show nothing of ours any more */
#define LOCK_FIRST_LOOK_MS 100  /* shortest pause while something is to show up, */
#define LOCK_AGAIN_MAX_MS  5000 /* and the longest */
#define LOCK_PAGE_AGAIN_MS                                                                         \
    30000                       /* for so long a listing goes on with the page that was throttled */
#define LOCK_LOOK_SHARE  3      /* a holder reads a whole listing each T/3, */
#define LOCK_LOOK_MAX_MS 300000 /* and at least this often */

/* ---- Expiry ---- */

#define LOCK_GRACE_MS                                                                              \
    5000 /* an attempt is expired only so long after its timeout (EXPIRY_GRACE)                    \
          */
#define LOCK_TIMEOUT_LEAST_MS                                                                      \
    15000 /* shortest T that can be set, so nobody takes a younger mutex for a dead run's */

/* ---- How long a run waits ---- */

#define LOCK_TRY_MS       5000  /* one try lasts no longer than this, */
#define LOCK_TRY_SETTLES  4     /* and this many D, */
#define LOCK_BUSY_MS      60000 /* and this, if the service has throttled it (THROTTLE_WAITS) */
#define LOCK_LATE_MS      2000  /* after the end of --wait who may be about to hold has this, */
#define LOCK_LATE_SETTLES 2     /* and this many D */
#define LOCK_RETRY_DELAY_MS                                                                        \
    30000 /* --no-queue: pause after a lost try; the role's default, too                           \
           */

/* ---- The mutex ---- */

#define LOCK_MUTEX_TRIES 16 /* slots whose mutex one claim asks for */
#define LOCK_MUTEX_SETTLE_MS                                                                       \
    1000                     /* least D where a mutex is in doubt, or its maker may be dead        \
                              */
#define LOCK_DEAD_SHARE   15 /* for T/15 no claim must be in sight to take a run for dead, */
#define LOCK_DEAD_SETTLES 3  /* and for so many D (BREAK_QUIET) */
#define LOCK_TOKEN_AHEAD_MS                                                                        \
    60000 /* a token further ahead of the service's time is somebody's mistake (TOKEN_LIVE) */

/* ---- Cleaning ---- */

#define LOCK_CLEANING_GAP_MS 500   /* between two deletes beside the command */
#define LOCK_CLEAN_FIRST_MS  30000 /* before the command, at most (CLEAN_BUDGET) */
#define LOCK_FRESH_MS        5000  /* deletes go by a listing for so long, or for D if longer, */
#define LOCK_FRESH_PAGE_MS   500   /* and so much longer for each page but the first, */
#define LOCK_FRESH_SHARE     6     /* but for no more than T/6 (CLEAN_FRESH) */

/* ---- Leaving ---- */

#define LOCK_REFUSED_TRIES   2    /* refusals to delete a name, after which it is given up */
#define LOCK_LEAVE_UNMADE_MS 5000 /* time for leaving if no create was ever answered */
#define LOCK_LEAVE_SETTLES   4    /* D for leaving, at least, if a create may still be applied */
#define LOCK_HEARD_MS        5000 /* a claim answered so lately is not asked for (MUTEX_ASKED), */
#define LOCK_ASK_MS          3000 /* an older one is, for so long at most, */
#define LOCK_ASK_SHARE       3    /* and for no more than 1/3 of the time for leaving */

#endif
