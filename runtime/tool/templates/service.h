#ifndef SERVICE_H
#define SERVICE_H

#include <duet.h>

/* @NAME@: its name, version and routes, for both homes and for the test. */
extern const struct app_definition service;

#endif
