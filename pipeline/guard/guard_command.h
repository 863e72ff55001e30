#ifndef PIPELINE_GUARD_GUARD_COMMAND_H
#define PIPELINE_GUARD_GUARD_COMMAND_H

/*
 * guard_command — `duet guard COMMAND`.
 *
 * Layer:   guard.
 */

/* argv[0] is "guard". Gives the exit status: one of enum guard_exit. */
int guard_command(int argc, char **argv);

#endif
