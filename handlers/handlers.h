#ifndef HANDLERS_HANDLERS_H
#define HANDLERS_HANDLERS_H

/*
 * handlers — every handler of the application, for routes.c.
 *
 * Layer:   application. Knows core/, store/ and json/.
 * Memory:  what a handler needs lives in req->arena; it never frees.
 * Threads: a handler runs on many threads at once and keeps no state of its own.
 *
 * Errors are problem+json; those of the store are answered alike (answer.h).
 */

#include "runtime/core/app.h"

/* GET / and /hello: "Hello world". */
http_handler_fn handle_hello;

/* GET /healthcheck: the process answers. 200, or 503 once it has been told to stop. */
http_handler_fn handle_healthcheck;

/* GET /gtg: good to go, 200 or 503 once it has been told to stop. It never touches the store, so
 * that a store that is slow for all does not make a load balancer replace every process.
 * With `details` in the query: JSON of what it is and of its store, 503 too when the store fails.
 */
http_handler_fn handle_gtg;

/* GET /stats: the system as the kernel tells it, and this process. */
http_handler_fn handle_stats;

/* GET /metrics: this process, for Prometheus: requests and durations by route (server home, where
 * metrics are on), processor time, memory. */
http_handler_fn handle_metrics;

/* GET /sys-stats: a page that draws what /stats says, and the files that it is made of (www.h).
 * 200, 304 where the client has that version, 404 for a file that is none of them. */
http_handler_fn handle_sys_stats;
http_handler_fn handle_sys_stats_file;

/* /candidate/{name}. GET: 200 or 404; 304 and 412 as If-None-Match and If-Match say.
 * POST: 201; 409 when the name is taken. PUT: 201 when it is new, else 200. DELETE: 204 or 404. All
 * three: 412 when If-Match or If-None-Match does not hold. */
http_handler_fn handle_candidate_get;
http_handler_fn handle_candidate_post;
http_handler_fn handle_candidate_put;
http_handler_fn handle_candidate_delete;

/* GET /candidates: by name, at most `limit` of them, and no more than fit into one response; `next`
 * and a Link field lead to those behind them. */
http_handler_fn handle_candidate_list;

#endif
