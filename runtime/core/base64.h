#ifndef RUNTIME_CORE_BASE64_H
#define RUNTIME_CORE_BASE64_H

/*
 * base64 — the base64 of RFC 4648 section 4, strictly: with padding, without line breaks.
 *
 * Layer:   core.
 * Memory:  both directions write into the caller's memory and allocate nothing.
 * Threads: no state.
 */

#include "runtime/core/bytes.h"
#include "runtime/core/rc.h"

/* The characters that `plain_len` bytes become. */
static inline size_t base64_encoded_len(size_t plain_len)
{
    return (plain_len + 2) / 3 * 4;
}

/* Writes base64_encoded_len(plain.len) characters to `out`, without a NUL behind them. */
void base64_encode(struct bytes plain, char *out);

/* The bytes that `text` holds if it is base64; only base64_decode tells whether it is. */
size_t base64_decoded_len(struct bytes text);

/* Writes base64_decoded_len(text) bytes to `out`, which must not overlap `text`.
 *
 * RC_OK · RC_SYNTAX: a character that is not of the alphabet (white space included), a length that
 * is no multiple of four, padding in another place than the end, or bits behind the last byte that
 * are not zero; what is in `out` then means nothing */
enum rc base64_decode(struct bytes text, char *out) MUST_CHECK;

/* --- base64url: section 5, as it goes into an address: '-' and '_', without padding --- */

static inline size_t base64url_encoded_len(size_t plain_len)
{
    return plain_len / 3 * 4 + (plain_len % 3 ? plain_len % 3 + 1 : 0);
}

/* Writes to `out`, which has room for base64_encoded_len(plain.len) characters;
 * base64url_encoded_len(plain.len) of them count. */
void base64url_encode(struct bytes plain, char *out);

/* Writes to `out`, which has room for text.len bytes; `len` of them count.
 * RC_OK · RC_SYNTAX, as base64_decode; RC_SYNTAX too for padding, and over BASE64URL_MAX characters
 */
enum { BASE64URL_MAX = 1024 };
enum rc base64url_decode(struct bytes text, char *out, size_t *len) MUST_CHECK;

#endif
