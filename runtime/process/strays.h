#ifndef RUNTIME_PROCESS_STRAYS_H
#define RUNTIME_PROCESS_STRAYS_H

/*
 * strays — processes that a child has left behind outside its group (setsid, double forks).
 *
 * Layer:   process. Reads /proc; for process.c, and for who starts several processes with one mark.
 *
 * What came of a child has the child's environment, unless it was given another one: so an entry
 * that only this child got tells its own, wherever they have gone.
 */

/* Kills every process of this user whose environment holds the entry `mark`, "NAME=value". Those
 * that it starts meanwhile are looked for again, a few times. */
void strays_kill(const char *mark);

#endif
