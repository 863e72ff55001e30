#ifndef RUNTIME_TOOL_LOCAL_H
#define RUNTIME_TOOL_LOCAL_H

/* local — `duet local`: flags to a rig's config, then the rig. */

/* argv[0] is "local". The exit status: rig_run's; 2: a flag or setting is wrong, with a line on
 * stderr that names it. */
int tool_local(int argc, char **argv);

#endif
