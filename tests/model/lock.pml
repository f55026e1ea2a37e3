/*
 * lock - the rules of the queue, for spin: N runs of withlock ("W") and, with -DROLE, one peer
 * that speaks the role's protocol ("S").
 *
 * What is checked: never two hold at once; nothing is left behind; with -DENTRY (and fairness)
 * everybody who wants in gets in. docs/model.md tells what was abstracted from, and the results.
 *
 * Time is counted in ticks. A tick may happen between any two steps of anybody, any number of
 * times: whoever is stopped, throttled or waits for an answer is a process that takes no step.
 *
 * Parameters
 *   N        runs of withlock; W1 has the smallest key. Their clocks are arbitrary: tickets need
 *            not follow the order of arrival, so which run has which ticket is mere numbering.
 *   LAG      up to so many ticks ago a listing may miss what was created, show what was deleted
 *   D        --settle, in ticks
 *   SLOTS    so many may hold at once
 *   READERS  a bit for each run that is a shared one
 *   SPREAD   with ROLE: how many ticks before it is applied a create may be stamped (twice the skew
 *            of the clocks plus the time a create takes)
 *
 * Left-out rules, one at a time: spin must find two holders (or a run that never gets in)
 *   NO_SETTLE  a run may win by a listing asked for less than D after its create
 *   NO_CLAIM   who would win holds at once
 *   NO_LOOK    who would win claims, and then holds without looking again
 *   PROMPT=k   with NO_LOOK: the claim is applied at most k ticks after the listing (no stops)
 *   NO_SLOT_WAIT  with SLOTS: the deciding listing is asked for less than D after the claim
 *   NO_ROOM    an S attempt counts as held off by any older attempt of ours, however little older
 *   NO_SWEEP   with LATE: a run leaves its withdrawn claims alone when it sees them again
 *
 * More of the world
 *   PAGES      the names of different runs are read at different moments of one listing
 *   GIVE_UP    a run may leave at any point (signal, --wait)
 *   CRASHES=n  up to n processes die at any point; their names stay until they expire
 *   LATE=n     n times, once per run at most, a repeated create of a claim is applied after the
 *              claim's withdrawal
 */
#ifndef N
#define N 3
#endif
#ifndef SPREAD
#define SPREAD 0
#endif
#ifndef SLOTS
#define SLOTS 1
#endif
#ifndef CRASHES
#define CRASHES 0
#endif

/* Names in the service: of each run its attempt, its claim and a claim that came back; of S one. */
#define ATTEMPT(i) (i)
#define CLAIM(i) (N + (i))
#define GHOST(i) (2 * N + (i))
#ifdef LATE
#define ROLE_NAME (3 * N)
#else
#define ROLE_NAME (2 * N)
#endif
#ifdef ROLE
#define NAMES (ROLE_NAME + 1)
#define PEERS (N + 1)
#else
#define NAMES ROLE_NAME
#define PEERS N
#endif

/* Above OLD an age makes no difference to anybody. */
#define OLD (D + LAG + SPREAD + 1)

/* How many may hold: one, or SLOTS, or all shared runs. An exclusive run takes all there is. */
#ifdef READERS
#define CAPACITY N
#define shared(i) ((READERS >> i) & 1)
#define takes(i) (shared(i) -> 1 : N)
#else
#define CAPACITY SLOTS
#define shared(i) false
#define takes(i) 1
#endif

#include "service.pml"

byte done; /* peers that have left */
byte crashes;

#ifdef PROMPT
byte due[N]; /* ticks left until the claim is applied, plus 1; 0: none is due */
#endif
#ifdef LATE
byte repeats;
byte late[N]; /* 0: nothing yet; 1: a repeated create is on its way; 2: it has arrived */
#endif

#ifdef ROLE
/*
 * How the stamps of W's names compare with that of the present S attempt. Settled when the younger
 * of the two is made, since ages are not kept for ever. Index: ATTEMPT(i) or CLAIM(i).
 */
bool earlier[2 * N]; /* by the stamps, W's name is older than the S attempt */
bool room[2 * N];    /* by the stamps, it is so by more than D */
byte early[2 * N];   /* W's name was stamped that many ticks before it was applied */
byte role_early;     /* so was the S attempt */
#ifdef NO_ROOM
#define held_off(x) (there[x] && earlier[x])
#else
#define held_off(x) (there[x] && room[x])
#endif
#endif

#ifdef NO_SETTLE
#define settled(i) true
#else
#define settled(i) (age[ATTEMPT(i)] >= D)
#endif

/*
 * What run i makes of the names of another run j: it is ahead if a claim of it is in sight, or if
 * its key is smaller. Shared runs do not mind each other.
 */
inline read_names(i, j) {
	seen = false;
#ifndef NO_CLAIM
	seen_if_shown(CLAIM(j));
#endif
#ifdef LATE
	seen_if_shown(GHOST(j));
#endif
	if
	:: j < i -> seen_if_shown(ATTEMPT(j))
	:: else
	fi;
	if
	:: seen && !(shared(i) && shared(j)) -> ahead++
	:: else
	fi;
	seen = false
}

inline count_ahead() {
	if
	:: ahead >= SLOTS -> lost = true
	:: else
	fi;
	ahead = 0
}

/* A listing begins: it must be asked for D after the create of the attempt, and show it. */
inline read_own(i) {
	lost = false;
	if
	:: !settled(i) || may_miss(ATTEMPT(i)) -> lost = true
	:: settled(i) && may_show(ATTEMPT(i))
	fi
}

/* Every S attempt in sight must be held off by a name of ours. */
inline read_role(i) {
#ifdef ROLE
	if
	:: may_show(ROLE_NAME) && !held_off(ATTEMPT(i)) && !held_off(CLAIM(i)) -> lost = true
	:: may_miss(ROLE_NAME) || held_off(ATTEMPT(i)) || held_off(CLAIM(i))
	fi
#else
	skip
#endif
}

/* A claim of ours that we withdrew is in sight again: deleted again. */
inline sweep(i) {
#if defined(LATE) && !defined(NO_SWEEP)
	if
	:: late[i] == 2 && may_show(GHOST(i)) ->
		printf("%d W%d sees its withdrawn claim again and deletes it\n", ticks, i + 1);
		delete(GHOST(i));
		late[i] = 3
	:: late[i] != 2 || may_miss(GHOST(i))
	fi
#else
	skip
#endif
}

/*
 * One listing of run i: sets lost. With PAGES the names of one run are read, then time may pass,
 * then those of the others; in which order runs are listed is anybody's guess.
 */
#ifdef PAGES
#define listing
inline look(i) {
	atomic {
		read_own(i);
		if
		:: step = 1
		:: step = N - 1
		fi;
		read_names(i, (i + step) % N)
	};
	atomic {
		read_names(i, (i + N - step) % N);
		count_ahead();
		step = 0;
		read_role(i);
		sweep(i)
	}
}
#else
#define listing atomic
inline look(i) {
	read_own(i);
	step = 1;
	do
	:: step < N -> read_names(i, (i + step) % N); step++
	:: else -> break
	od;
	count_ahead();
	step = 0;
	read_role(i);
	sweep(i)
}
#endif

/* The creation of a name of run i gets its stamp. */
inline create_stamped(x) {
	create(x);
#ifdef ROLE
	early[x] = 0;
	do
	:: early[x] < SPREAD -> early[x]++
	:: break
	od;
	earlier[x] = false;
	room[x] = there[ROLE_NAME] && early[x] > age[ROLE_NAME] + role_early + D;
	if
	:: there[ROLE_NAME] && early[x] >= age[ROLE_NAME] + role_early -> earlier[x] = true
	:: !there[ROLE_NAME] || early[x] <= age[ROLE_NAME] + role_early
	fi
#endif
}

#if CRASHES > 0
#define MAY_CRASH :: atomic { crashes < CRASHES -> crashes++ } -> goto dead
#else
#define MAY_CRASH
#endif
#ifdef GIVE_UP
#define MAY_GIVE_UP :: true -> printf("%d W%d gives up\n", ticks, i + 1); goto leave
#else
#define MAY_GIVE_UP
#endif

#ifdef LATE
#define nothing_left(i) \
	(!there[ATTEMPT(i)] && !there[CLAIM(i)] && !there[GHOST(i)] && late[i] != 1)
#else
#define nothing_left(i) (!there[ATTEMPT(i)] && !there[CLAIM(i)])
#endif

proctype W(byte i) {
	bool lost, seen;
	byte step, ahead;

	atomic {
		create_stamped(ATTEMPT(i));
		printf("%d W%d's attempt is created\n", ticks, i + 1)
	};

wait:	do
	:: listing {
		look(i);
		if
		:: lost -> lost = false
		:: else ->
			printf("%d W%d lists: would win\n", ticks, i + 1);
#ifdef PROMPT
			due[i] = PROMPT + 1;
#endif
			break
		fi
	   }
	MAY_GIVE_UP
	MAY_CRASH
	od;

#ifndef NO_CLAIM
	atomic {
		create_stamped(CLAIM(i));
#ifdef PROMPT
		due[i] = 0;
#endif
		printf("%d W%d's claim is created\n", ticks, i + 1)
	};
#ifndef NO_LOOK
#if SLOTS > 1 && !defined(NO_SLOT_WAIT)
	age[CLAIM(i)] >= D;
#endif
	do
	:: listing {
		look(i);
		if
		:: lost ->
			lost = false;
			printf("%d W%d lists: not first, after all\n", ticks, i + 1)
		:: else -> goto enter
		fi
	   };
	   break
	MAY_GIVE_UP
	MAY_CRASH
	od;
	if
	:: atomic {
		delete(CLAIM(i));
#ifdef LATE
		if
		:: late[i] == 0 && repeats < LATE -> late[i] = 1; repeats++
		:: true
		fi;
#endif
		printf("%d W%d's claim is withdrawn\n", ticks, i + 1)
	   };
	   goto wait
	MAY_CRASH
	fi;
enter:
#endif
#endif
	atomic {
		printf("%d W%d HOLDS\n", ticks, i + 1);
		hold(takes(i))
	};
	if
	:: atomic {
		holders = holders - takes(i);
		printf("%d W%d's command ends\n", ticks, i + 1)
	   }
#if CRASHES > 0
	:: atomic { crashes < CRASHES -> crashes++ } ->
		/* Its command runs on until the lease ends, and no longer. */
		holders = holders - takes(i);
		goto dead
#endif
	fi;

leave:	/* Both names go, in whichever order. */
	do
	:: atomic {
		there[ATTEMPT(i)] ->
		delete(ATTEMPT(i));
		printf("%d W%d's attempt is deleted\n", ticks, i + 1)
	   }
	:: atomic {
		there[CLAIM(i)] ->
		delete(CLAIM(i));
		printf("%d W%d's claim is deleted\n", ticks, i + 1)
	   }
#ifdef LATE
	/* A create that arrives after this is the subject of leave.pml. */
	:: atomic { there[GHOST(i)] -> delete(GHOST(i)) }
	:: atomic { late[i] == 1 -> late[i] = 3 }
#endif
	:: atomic { nothing_left(i) -> done++; break }
	MAY_CRASH
	od;
	goto end;

dead:	/* The names of a dead run are seen until they expire; from then on nobody counts them. */
	atomic {
		there[ATTEMPT(i)] = false;
		age[ATTEMPT(i)] = OLD;
		there[CLAIM(i)] = false;
		age[CLAIM(i)] = OLD;
#ifdef LATE
		there[GHOST(i)] = false;
		age[GHOST(i)] = OLD;
		late[i] = 3;
#endif
		printf("%d W%d died, its names have expired\n", ticks, i + 1);
		done++
	};
end:	skip
}

#ifdef LATE
/* The network delivers a repeated create of a claim after the claim was deleted. */
proctype network() {
	byte i;
end:	do
	:: atomic {
		i < N && late[i] == 1 ->
		late[i] = 2;
		create(GHOST(i));
		printf("%d W%d's withdrawn claim is created again\n", ticks, i + 1)
	   }
	:: i = (i + 1) % N
	od
}
#endif

#ifdef ROLE
/* x is W's: how does its stamp compare with that of the S attempt created now? */
inline compare(x) {
	earlier[x] = !there[x] && may_show(x);
	room[x] = there[x] && age[x] + early[x] > role_early + D;
	if
	:: there[x] && age[x] + early[x] >= role_early -> earlier[x] = true
	:: !there[x] || age[x] + early[x] <= role_early /* equal stamps: the name decides */
	fi
}

/* S takes a name of W's for the winner if it sees it and its stamp is earlier. */
inline role_reads(x) {
	if
	:: may_show(x) && earlier[x] -> lost = true
	:: may_miss(x) || !earlier[x]
	fi
}

proctype S() {
	bool lost;
	byte x;

	do
	:: atomic {
		create(ROLE_NAME);
		role_early = 0;
		do
		:: role_early < SPREAD -> role_early++
		:: break
		od;
		x = 0;
		do
		:: x < 2 * N -> compare(x); x++
		:: else -> break
		od;
		x = 0;
		printf("%d S's attempt is created\n", ticks)
	   };
	   if
	   :: atomic {
		do
		:: x < 2 * N -> role_reads(x); x++
		:: else -> break
		od;
		x = 0;
		if
		:: lost ->
			lost = false;
			printf("%d S lists: not first\n", ticks)
		:: else ->
			printf("%d S lists: first, HOLDS\n", ticks);
			hold(1);
			break
		fi
	   }
#if CRASHES > 0
	   :: atomic { crashes < CRASHES -> crashes++ } -> goto dead
#endif
	   fi;
	   atomic {
		delete(ROLE_NAME);
		printf("%d S's attempt is deleted\n", ticks)
	   };
	   if
	   :: skip /* next try */
#ifdef GIVE_UP
	   :: goto leave
#endif
	   fi
	od;
	atomic {
		holders--;
		printf("%d S's work ends\n", ticks)
	};
	atomic {
		delete(ROLE_NAME);
		printf("%d S's attempt is deleted\n", ticks)
	};
leave:	done++;
	goto end;
#if CRASHES > 0
dead:	atomic {
		there[ROLE_NAME] = false;
		age[ROLE_NAME] = OLD;
		done++
	}
#endif
end:	skip
}
#endif

#ifndef PROMPT
#define may_pass true
#elif N == 2
#define may_pass (due[0] != 1 && due[1] != 1)
#else
#define may_pass (due[0] != 1 && due[1] != 1 && due[2] != 1)
#endif

/* Forget what makes no difference any more, so that equal states look equal. */
#define is_attempt(x) (x < N)
#ifndef ROLE
inline grow_old(x) {
	if
	:: age[x] > LAG && ((!is_attempt(x) && SLOTS == 1) || age[x] >= D) -> age[x] = OLD
	:: else
	fi
}
#else
#define is_role(x) (x == ROLE_NAME)
inline grow_old(x) {
	if
	:: age[x] > LAG && !is_role(x) && (!is_attempt(x) || age[x] >= D) ->
		/* From here on only the age of the stamp counts. */
		age[x] = (age[x] + early[x] < OLD -> age[x] + early[x] : OLD);
		early[x] = 0
	:: age[x] > LAG && is_role(x) ->
		age[x] = (age[x] + role_early <= SPREAD -> age[x] + role_early : OLD);
		role_early = 0
	:: else
	fi;
	if
	:: !is_role(x) && (!may_show(x) || !may_show(ROLE_NAME)) ->
		earlier[x] = false;
		room[x] = false
	:: else
	fi
}
#endif

/* A tick. Ages that nobody can tell apart any more become the same. */
proctype clock() {
	byte x;
end:	do
	:: d_step {
		may_pass ->
		x = 0;
		do
		:: x < NAMES ->
			grow(x);
			grow_old(x);
			x++
		:: else -> break
		od;
#ifdef PROMPT
		x = 0;
		do
		:: x < N ->
			if
			:: due[x] > 0 -> due[x]--
			:: else
			fi;
			x++
		:: else -> break
		od;
#endif
		x = 0;
		NEXT_TICK
	   }
	od
}

init {
	byte i;

	atomic {
		empty_service(i);
		do
		:: i < N -> run W(i); i++
		:: else -> break
		od;
		i = 0;
#ifdef ROLE
		run S();
#endif
#ifdef LATE
		run network();
#endif
		run clock()
	};
	atomic {
		done == PEERS ->
		assert_nothing_left(i)
	}
}

#ifdef ENTRY
ltl entry { <> (done == PEERS) }
#endif
