#ifndef TESTS_SUPPORT_RIG_PROGRAM_H
#define TESTS_SUPPORT_RIG_PROGRAM_H

/* rig_program — a `duet local` under test on free ports. */

#include "tests/support/program.h"
#include "tests/support/tempdir.h"

struct rig_program {
    struct program duet;
    struct tempdir folder;
    unsigned port, control_port;
};

/* Starts it with `weights` and a store of its own, and waits until it listens; aborts the test when
 * it does not. */
void rig_program_start(struct rig_program *rig, const char *weights);

/* The same with --quiet, for a test of many requests that looks at no line: nobody reads the rig's
 * output while the test asks, and a full pipe would hold the rig up. */
void rig_program_start_quiet(struct rig_program *rig, const char *weights);

/* The same, where requests that show `secret` choose their slot (--pin-secret). */
void rig_program_start_pinned(struct rig_program *rig, const char *weights, const char *secret);

/* The same as the first, with the store that this process's environment names (DUET_STORE). */
void rig_program_start_as_told(struct rig_program *rig, const char *weights);

/* The ids of the rig's children whose program is `name` ("server": its tasks), at most `max`; how
 * many there are. */
size_t rig_program_children(const struct rig_program *rig, const char *name, pid_t *ids,
                            size_t max);

/* SIGTERM; its end must be clean and leave no process behind, or the test fails. */
void rig_program_stop(struct rig_program *rig);

#endif
