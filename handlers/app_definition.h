#ifndef HANDLERS_APP_DEFINITION_H
#define HANDLERS_APP_DEFINITION_H

/* app_definition — the application as both homes' main.c see it; routes.c has it. */

#include "runtime/core/app.h"

extern const struct app_definition app_definition;

#endif
