/*
 * A value is base64 of: nonce (12 bytes), sealed payload (101), tag (16). The payload is the time
 * until which it binds (8 bytes, big-endian), the time at which it was made (8), the subject's
 * length (1) and the subject, filled up with zeros. Kind and scope are authenticated with it, so
 * that no cookie passes for another one.
 */
#include "runtime/alb/sticky.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <time.h>

#include "runtime/core/base64.h"

enum {
    NONCE_BYTES = 12,
    TAG_BYTES = 16,
    PAYLOAD_BYTES = 8 + 8 + 1 + STICKY_SUBJECT_MAX,
    SEALED_BYTES = NONCE_BYTES + PAYLOAD_BYTES + TAG_BYTES,
    COOKIE_LIFE_S = 7 * 24 * 60 * 60,
};

_Static_assert(STICKY_VALUE_LEN == (SEALED_BYTES + 2) / 3 * 4, "a value's length");

static const char *const names[] = {
    [STICKY_GROUP] = "AWSALBTG", [STICKY_TARGET] = "AWSALB", [STICKY_APP] = "AWSALBAPP-0"};

enum rc sticky_key_make(struct sticky_key *key)
{
    return RAND_bytes(key->bytes, STICKY_KEY_BYTES) == 1 ? RC_OK : RC_IO;
}

/* --- sealing --- */

static void put_u64(unsigned char *out, uint64_t value)
{
    for (int i = 7; i >= 0; i--, value >>= 8)
        out[i] = (unsigned char)value;
}

static uint64_t get_u64(const unsigned char *in)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | in[i];
    return value;
}

/* What is authenticated beside the payload. */
static bool add_context(EVP_CIPHER_CTX *cipher, enum sticky_kind kind, struct bytes scope,
                        bool is_sealing)
{
    const char *name = names[kind];
    int n, (*update)(EVP_CIPHER_CTX *, unsigned char *, int *, const unsigned char *, int) =
               is_sealing ? EVP_EncryptUpdate : EVP_DecryptUpdate;
    return update(cipher, NULL, &n, (const void *)name, (int)strlen(name) + 1) == 1 &&
           (scope.len == 0 ||
            update(cipher, NULL, &n, (const void *)scope.ptr, (int)scope.len) == 1);
}

static bool seal(const struct sticky_key *key, enum sticky_kind kind, struct bytes scope,
                 const unsigned char payload[PAYLOAD_BYTES], unsigned char out[SEALED_BYTES])
{
    int n;
    unsigned char *sealed = out + NONCE_BYTES, *tag = sealed + PAYLOAD_BYTES;
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    bool is_sealed = cipher && RAND_bytes(out, NONCE_BYTES) == 1 &&
                     EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key->bytes, out) == 1 &&
                     add_context(cipher, kind, scope, true) &&
                     EVP_EncryptUpdate(cipher, sealed, &n, payload, PAYLOAD_BYTES) == 1 &&
                     EVP_EncryptFinal_ex(cipher, tag, &n) == 1 &&
                     EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, tag) == 1;
    EVP_CIPHER_CTX_free(cipher);
    return is_sealed;
}

static bool open_sealed(const struct sticky_key *key, enum sticky_kind kind, struct bytes scope,
                        unsigned char in[SEALED_BYTES], unsigned char payload[PAYLOAD_BYTES])
{
    int n;
    unsigned char *sealed = in + NONCE_BYTES, *tag = sealed + PAYLOAD_BYTES, rest[16];
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    bool is_ours = cipher &&
                   EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key->bytes, in) == 1 &&
                   add_context(cipher, kind, scope, false) &&
                   EVP_DecryptUpdate(cipher, payload, &n, sealed, PAYLOAD_BYTES) == 1 &&
                   EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) == 1 &&
                   EVP_DecryptFinal_ex(cipher, rest, &n) == 1;
    EVP_CIPHER_CTX_free(cipher);
    return is_ours;
}

/* --- the request's cookies --- */

/* The value of the first cookie `name` in one Cookie field. */
static bool find_in_field(struct bytes field, struct bytes name, struct bytes *value)
{
    while (field.len) {
        size_t end = bytes_find(field, ';');
        struct bytes pair = bytes_trim(bytes_make(field.ptr, end));
        size_t equals = bytes_find(pair, '=');
        if (equals < pair.len && bytes_eq(bytes_make(pair.ptr, equals), name)) {
            *value = bytes_skip(pair, equals + 1);
            return true;
        }
        field = bytes_skip(field, end < field.len ? end + 1 : end);
    }
    return false;
}

static bool find_cookie(const struct http_request *req, const char *name, const char *suffix,
                        struct bytes *value)
{
    char whole[16];
    (void)snprintf(whole, sizeof whole, "%s%s", name, suffix);
    for (size_t i = 0; i < req->field_count; i++)
        if (bytes_ieq(req->fields[i].name, BYTES_LIT("cookie")) &&
            find_in_field(req->fields[i].value, bytes_from_str(whole), value))
            return true;
    return false;
}

enum sticky_outcome sticky_read(const struct sticky_key *key, enum sticky_kind kind,
                                struct bytes scope, const struct http_request *req, int64_t now_ms,
                                struct sticky_claim *claim)
{
    unsigned char sealed[SEALED_BYTES], payload[PAYLOAD_BYTES];
    struct bytes value;
    if (!find_cookie(req, names[kind], "CORS", &value) &&
        !find_cookie(req, names[kind], "", &value))
        return STICKY_NONE;
    if (value.len != STICKY_VALUE_LEN || base64_decoded_len(value) != SEALED_BYTES ||
        base64_decode(value, (char *)sealed) != RC_OK ||
        !open_sealed(key, kind, scope, sealed, payload) || payload[16] > STICKY_SUBJECT_MAX)
        return STICKY_INVALID;
    if ((int64_t)get_u64(payload) <= now_ms)
        return STICKY_EXPIRED;
    claim->made_ms = (int64_t)get_u64(payload + 8);
    memcpy(claim->subject, payload + 17, payload[16]);
    claim->subject[payload[16]] = '\0';
    return STICKY_VALID;
}

/* --- the answer's --- */

static bool make_value(const struct sticky_key *key, enum sticky_kind kind, struct bytes scope,
                       struct bytes subject, unsigned duration_s, int64_t now_ms,
                       char value[STICKY_VALUE_LEN])
{
    unsigned char payload[PAYLOAD_BYTES] = {0}, sealed[SEALED_BYTES];
    put_u64(payload, (uint64_t)(now_ms + (int64_t)duration_s * 1000));
    put_u64(payload + 8, (uint64_t)now_ms);
    payload[16] = (unsigned char)subject.len;
    memcpy(payload + 17, subject.ptr, subject.len);
    if (!seal(key, kind, scope, payload, sealed))
        return false;
    base64_encode(bytes_make((const char *)sealed, sizeof sealed), value);
    return true;
}

static enum rc add_cookie(const char *name, const char *suffix, const char *value,
                          const char *expires, const char *attributes, struct http_response *res,
                          struct arena *arena)
{
    struct bytes field;
    enum rc rc = arena_printf(arena, &field, "%s%s=%.*s; Expires=%s; Path=/%s", name, suffix,
                              STICKY_VALUE_LEN, value, expires, attributes);
    if (rc == RC_OK)
        http_response_add(res, arena, BYTES_LIT("Set-Cookie"), field);
    return rc;
}

enum rc sticky_write(const struct sticky_key *key, enum sticky_kind kind, struct bytes scope,
                     struct bytes subject, unsigned duration_s, int64_t now_ms,
                     struct http_response *res, struct arena *arena)
{
    char value[STICKY_VALUE_LEN], expires[40];
    time_t end_s = (time_t)(now_ms / 1000 + COOKIE_LIFE_S);
    struct tm end;
    if (subject.len > STICKY_SUBJECT_MAX)
        return RC_NOMEM;
    if (!make_value(key, kind, scope, subject, duration_s, now_ms, value) ||
        !gmtime_r(&end_s, &end))
        return RC_IO;
    (void)strftime(expires, sizeof expires, "%a, %d %b %Y %H:%M:%S GMT", &end);
    enum rc rc = add_cookie(names[kind], "", value, expires, "", res, arena);
    if (rc == RC_OK)
        rc = add_cookie(names[kind], "CORS", value, expires, "; SameSite=None; Secure", res, arena);
    return rc;
}

enum rc sticky_write_app(const struct sticky_key *key, struct bytes scope, struct bytes subject,
                         unsigned duration_s, int64_t now_ms, struct bytes attributes,
                         struct http_response *res, struct arena *arena)
{
    char value[STICKY_VALUE_LEN];
    struct bytes field;
    if (subject.len > STICKY_SUBJECT_MAX)
        return RC_NOMEM;
    if (!make_value(key, STICKY_APP, scope, subject, duration_s, now_ms, value))
        return RC_IO;
    enum rc rc = arena_printf(arena, &field, "%s=%.*s%.*s", names[STICKY_APP], STICKY_VALUE_LEN,
                              value, BYTES_ARG(attributes));
    if (rc == RC_OK)
        http_response_add(res, arena, BYTES_LIT("Set-Cookie"), field);
    return rc;
}
