#ifndef RUNTIME_SERVER_SETTINGS_H
#define RUNTIME_SERVER_SETTINGS_H

/* settings — the environment of the Fargate home: the only place that reads it. */

#include "runtime/core/config.h"

/* Reads all settings, and looks for variables that are none. false: `error` says which and why;
 * config's log_level and log_format hold even then what could be read. */
bool settings_load(struct config *config, char *error, size_t error_len) MUST_CHECK;

/* Appends the settings in force, as config_show does. */
void settings_show(const struct config *config, struct buf *out);

#endif
