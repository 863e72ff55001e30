#ifndef RUNTIME_TOOL_TOOL_H
#define RUNTIME_TOOL_TOOL_H

/*
 * tool — the commands of `duet`; main.c has the table of them.
 *
 * argv[0] is the command's own name. The result is the exit status: 0 done; 1 it went wrong; 2 bad
 * usage or a file that cannot be read, with a line on stderr that names what. `duet local` is in
 * local.h.
 */

/* Runs the function on one event. 1: the function's error, or one that the load balancer makes of
 * its answer. */
int tool_invoke(int argc, char **argv);

/* Prints the event that the load balancer would make of a request. 1: it would refuse it. */
int tool_event(int argc, char **argv);

/* Names the functions and lines of the crashes in a log. 1: there is none, or one whose program is
 * not at hand. */
int tool_symbolize(int argc, char **argv);

/* Makes a service of one's own in a new folder. */
int tool_init(int argc, char **argv);

#endif
