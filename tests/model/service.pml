/*
 * service - the log groups as listings show them, and the one promise; for the models beside it.
 *
 * The including model defines NAMES (how many names there are), OLD (the age above which no age
 * makes a difference to anybody) and may define LAG and D (--settle), both in ticks.
 */
#ifndef LAG
#define LAG 1
#endif
#ifndef D
#define D 3
#endif

bool there[NAMES]; /* it exists now */
byte age[NAMES];   /* ticks since it was created or deleted, at most OLD */

#ifdef ANY
/* There is no bound: each name may be shown as it was at any time up to now. Nothing ages. */
bool ever[NAMES];
#define may_show(x) (ever[x])
#define may_miss(x) true
#define note_ever(x) ever[x] = true
#define just_now OLD
#else
/* A listing shows what has been there for more than LAG, may show what changed within LAG. */
#define must_show(x) (there[x] && age[x] > LAG)
#define may_show(x) (there[x] || age[x] <= LAG)
#define may_miss(x) (!must_show(x))
#define note_ever(x) skip
#define just_now 0
#endif

#ifndef CAPACITY
#define CAPACITY 1
#endif
byte holders; /* commands that run now; an exclusive one counts CAPACITY */

/* A story is a trail told with the time; for the search the time would be state to no purpose. */
#ifdef STORY
int ticks;
#define NEXT_TICK ticks++
#else
#define ticks 0
#define NEXT_TICK skip
#endif

inline create(x) {
	there[x] = true;
	note_ever(x);
	age[x] = just_now
}

inline delete(x) {
	if
	:: there[x] ->
		there[x] = false;
		age[x] = just_now
	:: else
	fi
}

inline hold(n) {
	holders = holders + n;
	assert(holders <= CAPACITY)
}

/* seen becomes true if the listing shows x. */
inline seen_if_shown(x) {
	if
	:: may_show(x) -> seen = true
	:: may_miss(x)
	fi
}

/* One more tick for x. What was deleted longer ago than LAG is as if it had never been. */
inline grow(x) {
	if
	:: !there[x] && age[x] >= LAG -> age[x] = OLD
	:: there[x] && age[x] < OLD -> age[x]++
	:: !there[x] && age[x] < LAG -> age[x]++
	:: else
	fi
}

/* i is a counter that is 0, and is so again afterwards. */
inline empty_service(i) {
	do
	:: i < NAMES -> age[i] = OLD; i++
	:: else -> break
	od;
	i = 0
}

inline assert_nothing_left(i) {
	do
	:: i < NAMES -> assert(!there[i]); i++
	:: else -> break
	od;
	i = 0
}
