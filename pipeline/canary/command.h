#ifndef PIPELINE_CANARY_COMMAND_H
#define PIPELINE_CANARY_COMMAND_H

/*
 * command — `duet canary COMMAND`.
 *
 * Layer:   canary.
 */

/* argv[0] is "canary". Gives the exit status: one of enum canary_exit, or what `estimate`, `judge`
 * and `report` say of theirs. */
int canary_command(int argc, char **argv);

#endif
