#ifndef RUNTIME_CORE_VERSION_H
#define RUNTIME_CORE_VERSION_H

/* version — of Duet itself: semantic versioning of what duet.h declares. */

#define DUET_VERSION_MAJOR 0
#define DUET_VERSION_MINOR 1
#define DUET_VERSION_PATCH 0
#define DUET_VERSION "0.1.0"

#endif
