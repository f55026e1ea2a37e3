/*
 * rule - the rules of docs/protocol.md by name, so that each can be left out in a test.
 *
 * RULE(SETTLE) is true in the programs. In the build for mutation tests (LOCK_MUTATIONS) some
 * are false, and the simulator must notice (tests/sim).
 */
#ifndef LOCK_RULE_H
#define LOCK_RULE_H

#include <stdbool.h>

#define LOCK_RULES(X)                                                                              \
    X(SETTLE, "a win needs a listing asked for D after an own attempt was made")                   \
    X(OWN_SHOWN, "a win needs a listing that shows an own attempt")                                \
    X(OWN_UNCHANGED, "an own name that was made again is not the attempt that it was")             \
    X(DROP_SEEN, "a waiter drops an old generation once a newer one was seen")                     \
    X(UNSEEN_HOLDS, "a mutex that has stood for T/3, and nobody in sight: then it decides alone")  \
    X(CLAIM_ASKED, "... if its claim is there, which was asked for a moment ago")                  \
    X(OWN_MADE, "a name with our ID and a number that we have not made is not ours")               \
    X(OWN_KNOWN, "of what is deleted the last is remembered longest")                              \
    X(OWN_LEASE, "an own attempt counts only until D before its lease ends")                       \
    X(TICKET_ORDER, "a run with a smaller key precedes")                                           \
    X(TICKET_KNOWN, "a run renews once it knows its ticket: later generations show it")            \
    X(TICKET_STANDS, "no place by a name that goes, if a newer one does not show it")              \
    X(KEEP_TICKET, "later generations keep the ticket of the first")                               \
    X(CLAIM_BLOCKS, "another's claim in sight forbids a win, however large its ticket")            \
    X(LOOK_AFTER_CLAIM, "a claim holds only by a listing asked for after it")                      \
    X(CLAIM_ANEW, "a claim that was too long on its way to hold by is taken back, and made anew")  \
    X(MUTEX, "an exclusive run, or one with slots, holds only if it has made a mutex")             \
    X(MUTEX_DOUBT, "a mutex in doubt is another's if a look shows another's claim")                \
    X(DOUBT_SHOWN, "that look comes D after one that has shown the very mutex")                    \
    X(DOUBT_AGAIN, "and one that is ours by such a look is asked for again before we hold")        \
    X(MUTEX_FIRST, "the mutex is given back before the claims that keep others from trying")       \
    X(MUTEX_ASKED, "nor after a while before it is known that these have stood all the time")      \
    X(MUTEX_AGAIN, "who saw another's claim asks whether its mutex is still there")                \
    X(MUTEX_GONE, "nobody gives up for a mutex that is shown no more")                             \
    X(MUTEX_OWN, "what was its own mutex, and has to go, makes nobody give up")                    \
    X(LOOK_FIRST, "nothing is made before a first look; where nobody is, it is a claim")           \
    X(GONE_ASKED, "no lock is lost because listings are late: the claim's name is asked for")      \
    X(UNSEEN_ASKED, "nor a place in the queue")                                                    \
    X(GROWING_PAUSE, "what is to show up is waited for at growing intervals")                      \
    X(OLDER_RENEWS, "an older claim takes a lock away only if its run has renewed it since")       \
    X(TOKEN_TIME, "a token is no smaller than the time at which the mutex was made")               \
    X(TOKEN_PAST, "no mutex is given back before its holder's token is past")                      \
    X(TOKEN_LIVE, "tokens of the dead, and those far ahead of the time, do not count")             \
    X(LIMITS, "what limits a wait ends it, whatever listings (do not) show")                       \
    X(BREAK_OLD, "a dead run's mutex is removed T and 5 s after it was made")                      \
    X(BREAK_CLEAR, "no mutex is removed while a claim that may go with it is in sight")            \
    X(BREAK_QUIET, "nor before that has been so for 3 D, or T/15")                                 \
    X(BREAK_LATE, "nor before that outlasts twice what listings were seen to be late")             \
    X(BREAK_ONE, "one run at a time removes a dead run's mutex, after one more look")              \
    X(BREAK_UNHEARD, "a #break whose answer was lost is ours, if claims keep all others away")     \
    X(BREAK_STALE, "an old #break goes only if one more look shows it again")                      \
    X(BREAK_SHOWN, "by listings that show what was made a moment ago")                             \
    X(BREAK_SAME, "and only the one that was watched: not one that was made meanwhile")            \
    X(BREAK_LEFT, "who may be taken for dead leaves its mutex to who is about to remove it")       \
    X(BREAK_LATER, "after a dead run's mutex was made anew the look that decides comes D later")   \
    X(BREAK_WAITS, "nobody claims for a dead run's mutex while a #break of another's stands")      \
    X(HOLD_OFF, "an unmarked attempt must be held off")                                            \
    X(ROOM, "held off means with room: D between ours and theirs")                                 \
    X(ROLE_TIMEOUT, "an unmarked attempt lives for the role's timeout, not for ours")              \
    X(EXPIRY_GRACE, "an attempt is expired only 5 s after its timeout")                            \
    X(EXPIRES, "what is expired keeps nobody out")                                                 \
    X(OTHERS_TIMEOUT, "a marked attempt lives for its own timeout")                                \
    X(LOWER_BOUND, "now is a lower bound: since the last answer, not since the first sending")     \
    X(NOW_FORWARD, "now never goes back, though front ends' clocks differ")                        \
    X(RENEW, "a run creates its next generation every T/3, or 2 T/3 while it waits")               \
    X(RETRY_SOON, "after a failure a run pauses for no longer than T/10")                          \
    X(CONFIRM_SOON, "a holder looks D after each renewal was answered")                            \
    X(SUCCESSION, "an old generation stands until a newer one is D old and was seen")              \
    X(DROP_HOLDS_OFF, "a holder drops only what a newer one makes needless against role peers")    \
    X(CLEAN_FIRST, "expired unmarked attempts go before the command starts")                       \
    X(CLEAN_BUDGET, "a claim that does not get on with that is taken back after half a minute")    \
    X(CLEAN_WHILE_HELD, "unmarked attempts that expire during the hold are deleted")               \
    X(CLEAN_SETTLED, "what held off a deleted unmarked attempt stands until D after its delete")   \
    X(CLEAN_FRESH, "no delete of an unmarked name later than D, or 5 s, after its listing")        \
    X(CLEAN_EMPTY, "what has content or streams is never deleted")                                 \
    X(LEASE_FROM_FIRST_SEND, "the lease runs from before the first sending")                       \
    X(LEASE_KNOWN, "only a create that was answered, or seen in a listing, prolongs the lease")    \
    X(LOSS_GONE, "a holder whose attempts are gone has lost")                                      \
    X(LOSS_CLAIM_GONE, "only its claims show a holder that it still is one")                       \
    X(LOSS_OLDER_CLAIM, "a holder that sees an older claim has lost")                              \
    X(LOSS_OLDER_NOT_KEY, "only an older claim takes a lock away, not a smaller key")              \
    X(LOSS_STRANGER, "a holder that does not hold off an unmarked attempt has lost")               \
    X(LOSS_THREE_LOOKS, "one listing never takes a lock away")                                     \
    X(DELETE_UNKNOWN, "a name whose create was never answered is deleted too")                     \
    X(LEAVING_LOOKS, "after an unknown outcome two listings show that nothing is left")            \
    X(RETRY_DELETE, "a delete without an answer is repeated")                                      \
    X(NONCE, "a name is never made twice")                                                         \
    X(SAME_ID_CLAIM, "a live claim of our own explicit ID is honoured")                            \
    X(SAME_ID_SETTLE, "a claim of an explicit ID holds only by a listing asked for D after it")    \
    X(REPLACED_BY_NEWER, "only a newer run of our explicit ID takes our place")                    \
    X(LEFTOVER_EARLIER, "of our ID only an earlier run's attempts are deleted")                    \
    X(NESTED_ELSEWHERE, "what lies deeper belongs to another lock")                                \
    X(NEW_ARRIVAL, "a run out of sight or past its leases creates anew and settles again")         \
    X(PATIENT, "a lost look is final only when the time or the number of looks is over")           \
    X(BEHIND_LIVE, "nobody is given up for before it is known who is dead")                        \
    X(FAILURES_IN_A_ROW, "only failures in a row end an arrival")                                  \
    X(THROTTLE_WAITS, "a throttled request never ends a run that still has time")                  \
    X(PAGE_AGAIN, "a throttled page is asked for again, not the whole listing")                    \
    X(OWN_LISTING, "who arrives in a crowd learns its ticket by listing its own name alone")       \
    X(TRIES_SPREAD, "of many who have one try each comes again at some moment of 20 s")            \
    X(FAR_BACK, "who is far back need not know its ticket yet")                                    \
    X(BY_FIRST_LOOK, "who found a crowd by its first look waits as after any other look")          \
    X(PLACE_BY_HOLD, "no pause is longer than the holds in sight call for")                        \
    X(FAR_YIELDS, "who is far back and throttled leaves the quota to those in front")              \
    X(NEXT_BY_HOLD, "who is next looks the less often the longer the hold has lasted")             \
    X(EXPECTED, "who waits goes by the word of those who hold about how long they will")           \
    X(FAR_BY_HOLD, "who is further back looks the less often, too, the longer the hold lasts")     \
    X(FAR_MOST, "behind a long hold no pause is longer than 150 s, or than the soonest turn")      \
    X(LONG_HOLD_OVER, "a long hold that is over says nothing about those after it")                \
    X(HALF_WAITED, "nobody sleeps longer than half of its wait unless the queue was seen to move") \
    X(NEAR_LOOKS, "on one page the next look comes after 1.2 s for each run ahead, at most")       \
    X(YOUNG_LOOKS, "one try looks again at those who may be withdrawing")                          \
    X(SHARED_WAITS, "a shared run waits for an exclusive one that precedes it")                    \
    X(SHARED_OR_SLOTS, "a shared run and one with slots exclude each other")                       \
    X(ALL_SLOTS, "an exclusive or shared run takes all slots")                                     \
    X(SLOTS_FULL, "a run with N slots needs fewer than N that precede it or claim")                \
    X(FEWEST_SLOTS, "of those who disagree on N the smallest in sight counts")                     \
    X(SLOTS_SETTLE, "a claim of a slot holds only by a listing asked for D after it")              \
    X(CLEAN_DEAD_RUNS, "expired names of a run that lives are left to it")                         \
    X(OLDER_SLOTS, "fewer than N older claims take no slot away")                                  \
    X(OLDER_SLOT_ALIVE, "an older claim in a slot tells only while it is surely alive")

#ifdef LOCK_MUTATIONS

#define LOCK_RULE_ENUM(name, text) LOCK_RULE_##name,
enum lock_rule {
    LOCK_RULES(LOCK_RULE_ENUM) LOCK_RULE_NONE
};
#undef LOCK_RULE_ENUM

/* The rules that are left out. Defined by the test program. */
extern bool lock_rules_left_out[];

#define RULE(name) (!lock_rules_left_out[LOCK_RULE_##name])

#else

#define RULE(name) true

#endif

#endif
