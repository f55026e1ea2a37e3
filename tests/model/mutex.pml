/*
 * mutex - the mutex beside the queue, for spin: N runs of withlock that make one name in common.
 *
 * The queue is as in lock.pml. Besides, a run holds only if it has made the mutex, a name that is
 * the same for all: exactly one create of it succeeds, and its answer is never out of date,
 * whatever listings show. With -DANY listings may show each name as it was at any time up to now:
 * there is no lag, no clock, no settling. Without, LAG and D are those of service.pml.
 *
 * What is checked: never two hold at once; with -DENTRY (and fairness) everybody gets in; with
 * -DSURE who begins to hold has made the mutex that stands, and nobody else removes it; with -DCALM
 * nobody goes on claiming for ever for a dead run's mutex while the #break of another, who has
 * died, too, stands.
 *
 * Parameters
 *   N          runs; W1 has the smallest key
 *   LOST=n     n answers about the mutex are lost: what was asked for was done
 *   DEATHS=n   n runs die anywhere. Their command has ended, and their names have expired, by the
 *              time of the next step; the mutex stays
 *   LAPSES=n   n times a run is stopped for longer than its lease: the same, but it wakes up
 *   LEFT       at the beginning the mutex and #break of two dead runs are there
 *   GHOSTS     a listing may show a mutex, a dead run's or one in doubt, also after it was removed
 *              (with ANY: for ever)
 *   LOOK_BEFORE  the mutex is made right after the look that decides; without, before it
 *   FAST       as with --settle 0: list, claim, make the mutex, hold; a claim is all that a run
 *              has, and it tries once
 *   DOUBT      who lost an answer waits so long for the look that shows a mutex, and as long again
 *              for the one that tells whose it is (D)
 *   FRESH      with FAST: who made the mutex more than FRESH ticks after its listing lists again
 *   UNHEARD    with LOST: the request may be lost, too, and no answer comes before the claim is
 *              over
 *   BACK       with LAPSES: who slept gives the mutex back if a look still shows it
 *   CALM       who dies leaves its #break for ever
 *
 * Left-out rules
 *   NO_MUTEX      nobody makes one
 *   NO_BREAK      whoever removes a dead run's mutex does not make #break before
 *   NO_SAME       whoever removes a dead run's mutex does not ask whether it is still that one
 *   NO_STALE      a dead run's #break is deleted though another may stand in its place
 *   NO_SHOWN      one look tells whose a mutex in doubt is, though it may have been made since
 *   NO_AGAIN      and it is not asked for again before its run holds
 *   NO_LEFT       who slept past its lease gives the mutex back beside somebody's #break
 *   NO_BREAK_WAIT nobody minds another's #break before it claims
 *   BLIND         who slept past its lease, or with FAST was not told of its delete, deletes the
 *                 mutex all the same
 */
#ifndef N
#define N 2
#endif
#ifndef LOST
#define LOST 0
#endif
#ifndef DEATHS
#define DEATHS 0
#endif
#ifndef LAPSES
#define LAPSES 0
#endif

#include "mutex_state.pml"

#if DEATHS > 0
#define MAY_DIE :: atomic { deaths < DEATHS -> deaths++ } -> goto died
#else
#define MAY_DIE
#endif
#if LAPSES > 0
#define MAY_LAPSE :: atomic { lapses < LAPSES -> lapses++ } -> goto lapsed
#else
#define MAY_LAPSE
#endif
#define MAY_END MAY_DIE MAY_LAPSE

proctype W(byte i) {
	bool lost, claims, seen, held, drops;
	byte step, mine;

#ifndef FAST
	atomic {
		create(ATTEMPT(i));
		printf("%d W%d's attempt is created\n", ticks, i + 1)
	};
#endif

wait:	do
	:: atomic {
		look(i);
		if
		:: lost || another_breaks(i) -> forget_look()
		:: else ->
			forget_look();
#ifdef FRESH
			since_listed[i] = 0;
#endif
			printf("%d W%d lists: would win\n", ticks, i + 1);
			break
		fi
	   }
	MAY_END
	od;
	if
	:: atomic {
		create(CLAIM(i));
		note_claim(i);
		printf("%d W%d's claim is created\n", ticks, i + 1)
	   }
	MAY_END
	fi;

#ifdef LOOK_BEFORE
	if
	:: atomic {
		look(i);
		if
		:: lost ->
			forget_look();
			printf("%d W%d lists: not first, after all\n", ticks, i + 1);
			goto withdraw
		:: else -> forget_look()
		fi
	   }
	MAY_END
	fi;
#endif
make:
#ifndef NO_MUTEX
	if
	:: atomic {
		mutex == FREE ->
#ifdef FRESH
		since_listed[i] = (mine == MINE -> FRESH + 1 : since_listed[i]);
#endif
		mutex = i + 1;
		mine = MINE;
		printf("%d W%d makes the mutex\n", ticks, i + 1)
	   }
	:: atomic {
		mutex != FREE && mine == NOT_MINE ->
		printf("%d W%d finds the mutex taken\n", ticks, i + 1)
	   };
	   goto taken
	:: atomic {
		mutex != FREE && mine != NOT_MINE ->
		answered(i);
		printf("%d W%d asks again, and finds the mutex there\n", ticks, i + 1)
	   }
#if LOST > 0
	:: atomic {
		lost_answers < LOST && mine == NOT_MINE ->
		lost_answers++;
		if
		:: mutex == FREE -> mutex = i + 1
#ifdef UNHEARD
		:: true
#else
		:: else
#endif
		fi;
		mine = IN_DOUBT;
		met[i] = NONE;
		answered(i);
		printf("%d W%d asks for the mutex, and the answer is lost\n", ticks, i + 1)
	   };
	   if
	   :: goto make
#ifdef UNHEARD
	   :: goto unheard
#endif
	   fi
#endif
	MAY_END
	fi;
	if
#if LOST > 0
	:: mine == IN_DOUBT -> goto doubt
#endif
#if defined(FAST) && defined(FRESH)
	:: mine == MINE && since_listed[i] <= FRESH -> goto enter
#elif defined(FAST) || defined(LOOK_BEFORE)
	:: mine == MINE -> goto enter
#endif
	:: else
	fi;
#endif

decide:	if
	:: atomic {
		look(i);
		if
		:: !lost -> forget_look()
		/* Who has made it waits for others to withdraw, who have not. */
		:: lost && claims && mine == MINE && breaking != i + 1 ->
			forget_look();
			goto decide
		:: lost && !(claims && mine == MINE && breaking != i + 1) ->
			forget_look();
			printf("%d W%d lists: not first, after all\n", ticks, i + 1);
			goto give_up
		fi
	   }
	MAY_END
	fi;

enter:	if
	:: atomic {
#ifdef FRESH
		since_listed[i] = FRESH + 1;
#endif
		printf("%d W%d HOLDS\n", ticks, i + 1);
		hold(1);
		assert_mine(i);
		note_holder(i + 1);
		held = true
	   }
	MAY_END
	fi;
	if
	:: atomic {
		holders--;
		note_holder(FREE);
		held = false;
		printf("%d W%d's command ends\n", ticks, i + 1)
	   }
	MAY_END
	fi;

#ifndef NO_MUTEX
	if
	:: atomic {
		remove_mutex();
		mine = NOT_MINE;
		printf("%d W%d gives the mutex back\n", ticks, i + 1)
	   }
#if LOST > 0 && !defined(SURE)
	/* The answer is lost: it is sent again, the claim still stands. */
	:: atomic {
		lost_answers < LOST ->
		lost_answers++;
		remove_mutex();
		printf("%d W%d gives the mutex back, and the answer is lost\n", ticks, i + 1)
	   };
#if defined(FAST) && !defined(BLIND)
	   goto back
#else
	   if
	   :: atomic {
		remove_mutex();
		mine = NOT_MINE;
		printf("%d W%d gives the mutex back once more\n", ticks, i + 1)
	      }
	   MAY_END
	   fi
#endif
#endif
	MAY_END
	fi;
#endif
	goto leave;

taken:	/* It is another's. If that one is dead, and nobody else claims, it may be removed. */
	if
#ifdef ENTRY
	:: !dead -> goto withdraw
#else
	:: goto withdraw
#endif
	:: atomic { may_look_dead -> look(i);
		if
		:: lost -> forget_look(); goto withdraw
		:: else -> forget_look()
		fi;
		printf("%d W%d lists: the mutex is a dead run's\n", ticks, i + 1)
	   }
	MAY_END
	fi;
#ifndef NO_BREAK
make_break:
	if
	:: atomic {
		breaking == FREE ->
		breaking = i + 1;
		note_break();
		answered(i);
		printf("%d W%d makes #break\n", ticks, i + 1)
	   }
#ifdef LEFT
	:: atomic {
		is_stale ->
		printf("%d W%d lists: #break is a dead run's\n", ticks, i + 1);
#ifdef NO_STALE
	   };
	   atomic {
#endif
		breaking = FREE;
		note_break();
		printf("%d W%d removes #break\n", ticks, i + 1)
	   };
	   goto make_break
#endif
	:: breaking != FREE && !is_stale -> goto withdraw
	MAY_END
	fi;
#endif
	made_long_ago(i);
	if
	:: atomic {
		look(i);
		if
		:: !lost && may_still_look_dead ->
			forget_look();
			note_break_shown(true);
			printf("%d W%d lists: it still is\n", ticks, i + 1)
		:: lost || !dead -> forget_look(); goto withdraw
		fi
	   }
	MAY_END
	fi;
	if
	:: atomic {
		remove_mutex();
		printf("%d W%d removes the mutex\n", ticks, i + 1)
	   }
	MAY_END
	fi;
	if
	:: atomic {
		mutex == FREE ->
		mutex = i + 1;
		mine = MINE;
		answered(i);
		printf("%d W%d makes the mutex\n", ticks, i + 1)
	   }
	:: mutex != FREE -> goto withdraw
	MAY_END
	fi;
	made_long_ago(i);
	goto decide;

give_up: /* It is no longer first. */
	if
	:: mine == NOT_MINE
	:: atomic {
		mine == MINE ->
		remove_mutex();
		mine = NOT_MINE;
		printf("%d W%d gives the mutex back\n", ticks, i + 1)
	   }
	MAY_END
	fi;
withdraw:
	if
	:: atomic {
		if
		:: breaking == i + 1 -> breaking = FREE; note_break_shown(false)
		:: else
		fi;
		delete(CLAIM(i));
		note_withdrawn();
#ifdef FRESH
		since_listed[i] = FRESH + 1;
#endif
		printf("%d W%d's claim is withdrawn\n", ticks, i + 1)
	   }
	MAY_END
	fi;
#ifdef FAST
	goto leave; /* each tries once: the states are many enough */
#else
	goto wait;
#endif

#if LOST > 0
doubt:	/* Two looks tell whose it is, DOUBT apart. */
#ifndef ANY
	since_made[i] >= DOUBT;
#endif
	if
	:: atomic {
		look(i);
#ifdef FRESH
		since_listed[i] = (drops -> since_listed[i] : 0);
#endif
		if
		:: mutex == FREE && !is_shown_again(i) ->
			met[i] = NONE;
			mine = (drops || claims -> NOT_MINE : IN_DOUBT);
			forget_look();
			printf("%d W%d lists: there is no mutex\n", ticks, i + 1);
			if
			:: drops -> goto given
			:: !drops -> goto make
			fi
		:: is_shown_first(i) ->
			forget_look();
			met[i] = STANDS;
			answered(i);
			printf("%d W%d lists: there is a mutex\n", ticks, i + 1);
			goto doubt
		/* It has come to be behind: then it only gives the mutex back. */
		:: !drops && lost && !claims ->
			forget_look();
			drops = true;
			printf("%d W%d lists: not first, after all\n", ticks, i + 1);
			goto doubt
		:: is_shown_again(i) && !claims && (drops || !lost) ->
			forget_look();
			met[i] = NONE;
			printf("%d W%d lists: the mutex is its own\n", ticks, i + 1);
			if
			:: drops -> remove_mutex(); mine = NOT_MINE; goto given
			:: !drops -> mine = MINE
			fi
		:: is_shown_again(i) && claims && !drops -> forget_look(); goto doubt
		:: claims || (met[i] == GONE && mutex != FREE) ->
			forget_look();
			met[i] = NONE;
			mine = NOT_MINE;
			printf("%d W%d lists: the mutex is another's\n", ticks, i + 1);
			if
			:: drops -> goto given
			:: !drops -> goto taken
			fi
		fi
	   }
	MAY_END
	fi;
#ifdef NO_AGAIN
	goto enter;
#else
	goto make;
#endif

given:	drops = false;
	if
	:: there[CLAIM(i)] -> goto withdraw
	:: !there[CLAIM(i)] -> goto leave
	fi;
#endif

#ifdef UNHEARD
unheard: /* Its claim is over, and it leaves: does it have a mutex that it does not know of? */
	atomic {
		expire(i);
		answered(i);
		drops = true;
		printf("%d W%d has heard nothing until its claim is over\n", ticks, i + 1)
	};
	goto doubt;
#endif

#if LAPSES > 0
lapsed:	/* It slept: its names have expired, its command was ended. Then it wakes up. */
	atomic {
		if
		:: held -> holders--; note_holder(FREE); held = false
		:: else
		fi;
		expire(i);
		printf("%d W%d is stopped until its lease is over\n", ticks, i + 1)
	};
#ifdef BLIND
	atomic {
		if
		:: mine == MINE -> remove_mutex(); printf("%d W%d gives the mutex back\n", ticks, i + 1)
		:: else
		fi
	};
#endif
#ifdef BACK
	if
	:: mine == MINE -> goto back
	:: else
	fi;
#endif
	mine = NOT_MINE;
	goto leave;
#endif

#if defined(BACK) || (defined(FAST) && LOST > 0)
back:	/* A look tells, by its creation time, whether its mutex stands. */
	answered(i);
	since_made[i] >= DOUBT;
	atomic {
		if
		:: (mutex == i + 1 || may_look_mine) && !is_being_removed ->
			remove_mutex();
			printf("%d W%d lists: its mutex is there; and gives it back\n", ticks, i + 1)
		:: mutex != i + 1 || is_being_removed ->
			printf("%d W%d lists: its mutex is not there, or another's to remove\n", ticks, i + 1)
		fi;
		mine = NOT_MINE
	};
#endif
leave:	do
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
	:: atomic {
		!there[ATTEMPT(i)] && !there[CLAIM(i)] ->
		if
		:: breaking == i + 1 -> breaking = FREE; note_break_shown(false)
		:: else
		fi;
		done++;
		break
	   }
	MAY_DIE
	od;
	goto end;

#if DEATHS > 0
died:	atomic {
		if
		:: held -> holders--; note_holder(FREE); held = false
		:: else
		fi;
		expire(i);
		if
#ifdef CALM
		:: breaking == i + 1 -> break_left = true
#else
		:: breaking == i + 1 -> breaking = FREE; note_break_shown(false) /* 2 T later */
#endif
		:: else
		fi;
		printf("%d W%d died, its names have expired\n", ticks, i + 1);
		done++
	};
#endif
end:	skip
}

#ifndef ANY
proctype clock() {
	byte x;
end:	do
	:: d_step {
		x = 0;
		do
		:: x < NAMES -> grow(x); x++
		:: else -> break
		od;
		x = 0;
		do
		:: x < N ->
			if
			:: since_made[x] < LONGEST -> since_made[x]++
			:: else
			fi;
#ifdef FRESH
			if
			:: since_listed[x] <= FRESH -> since_listed[x]++
			:: else
			fi;
#endif
			x++
		:: else -> break
		od;
		x = 0;
		if
		:: since_dead < OLD -> since_dead++
		:: else
		fi;
#if LOST > 0 && defined(GHOSTS)
		if
		:: since_gone < OLD -> since_gone++
		:: else
		fi;
#endif
		NEXT_TICK
	   }
	od
}
#endif

init {
	byte i;

	atomic {
#ifdef LEFT
		mutex = N + 1;
		dead = true;
		breaking = N + 1;
		stale = true;
#endif
		forget_times(i);
		empty_service(i);
		do
		:: i < N -> run W(i); i++
		:: else -> break
		od;
		i = 0;
#ifndef ANY
		run clock()
#endif
	};
	atomic {
		done == N ->
		assert_nothing_left(i)
	}
}

#ifdef CALM
ltl calm { <> [] !in_vain }
#endif

#ifdef ENTRY
ltl entry { <> (done == N) }
#endif
