#ifndef RUNTIME_HTTP2_H2_H
#define RUNTIME_HTTP2_H2_H

/*
 * h2 — HTTP/2 (RFC 9113) on the connections of an httpd, by nghttp2: the `second` of httpd_options.
 *
 * Layer:   http2. Knows core/ and net/. nghttp2 has frames, HPACK, priorities and the streams'
 *          states; here are requests, answers and bounds. Linked into `duet` alone.
 * Threads: the loop's.
 *
 * As an Application Load Balancer: at most 128 requests at once on a connection, GOAWAY after
 * 10,000 of them, no server push, no CONNECT, trailers are dropped.
 *
 * Bounds: header fields as LIMIT_HEAD_BYTES and LIMIT_FIELD_BYTES say (RC_HEAD_LIMIT). A body is
 * the owner's to ask for, part by part, and the client may send 64 KiB more than that has asked
 * for. A request that the client has taken back counts among the 128 until the owner has answered
 * it: who resets streams as fast as they open gains nothing; and whoever resets many is told
 * ENHANCE_YOUR_CALM. Answers that are produced are asked for as the client takes them.
 */

#include "runtime/net/session.h"

enum { H2_STREAMS = 128, H2_REQUESTS = 10000 };

extern const struct session_protocol h2_protocol;

#endif
