#include "runtime/aws/sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "runtime/aws/sigv4_canonical.h"
#include "runtime/core/text.h"

enum { HASH_BYTES = 32, DAY_LEN = 8, SECRET_MAX = 256 };

static const char algorithm[] = "AWS4-HMAC-SHA256";

static void write_hex(const unsigned char hash[HASH_BYTES], char hex[SIGV4_HASH_LEN + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < HASH_BYTES; i++) {
        hex[2 * i] = digits[hash[i] >> 4];
        hex[2 * i + 1] = digits[hash[i] & 15];
    }
    hex[SIGV4_HASH_LEN] = '\0';
}

bool sigv4_hash(struct bytes data, char hex[SIGV4_HASH_LEN + 1])
{
    unsigned char hash[HASH_BYTES];
    if (EVP_Digest(data.len ? data.ptr : "", data.len, hash, NULL, EVP_sha256(), NULL) != 1)
        return false;
    write_hex(hash, hex);
    return true;
}

void sigv4_date(int64_t time_s, char text[SIGV4_DATE_LEN + 1])
{
    struct tm tm;
    time_t when = (time_t)time_s;
    if (!gmtime_r(&when, &tm) || strftime(text, SIGV4_DATE_LEN + 1, "%Y%m%dT%H%M%SZ", &tm) == 0)
        text[0] = '\0';
}

/* The HMAC of `data` with a key of `key_len` bytes, into `out`, which may be the key itself. */
static bool hmac(const void *key, size_t key_len, struct bytes data, unsigned char out[HASH_BYTES])
{
    unsigned char result[HASH_BYTES];
    unsigned len = 0;
    if (!HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)(data.len ? data.ptr : ""),
              data.len, result, &len))
        return false;
    memcpy(out, result, HASH_BYTES);
    OPENSSL_cleanse(result, sizeof result);
    return true;
}

/* The signing key: the secret, bound to day, region and service. */
static bool derive(const struct sigv4_key *key, struct bytes day, unsigned char out[HASH_BYTES])
{
    char seed[4 + SECRET_MAX];
    if (key->secret_access_key.len > SECRET_MAX)
        return false;
    memcpy(seed, "AWS4", 4);
    if (key->secret_access_key.len)
        memcpy(seed + 4, key->secret_access_key.ptr, key->secret_access_key.len);
    bool ok = hmac(seed, 4 + key->secret_access_key.len, day, out) &&
              hmac(out, HASH_BYTES, key->region, out) && hmac(out, HASH_BYTES, key->service, out) &&
              hmac(out, HASH_BYTES, BYTES_LIT("aws4_request"), out);
    OPENSSL_cleanse(seed, sizeof seed);
    return ok;
}

static bool sign_text(const struct sigv4_key *key, struct bytes day, struct bytes text,
                      char hex[SIGV4_HASH_LEN + 1])
{
    unsigned char signing_key[HASH_BYTES], signature[HASH_BYTES];
    bool ok = derive(key, day, signing_key) && hmac(signing_key, HASH_BYTES, text, signature);
    OPENSSL_cleanse(signing_key, sizeof signing_key);
    if (ok)
        write_hex(signature, hex);
    return ok;
}

enum rc sigv4_sign(const struct sigv4_key *key, const struct sigv4_request *request,
                   struct arena *arena, struct sigv4_result *result)
{
    char hash[SIGV4_HASH_LEN + 1], signature[SIGV4_HASH_LEN + 1];
    struct bytes names, scope, day = {result->date, DAY_LEN};
    sigv4_date(request->time_s, result->date);
    enum rc rc = sigv4_canonical(key, request, bytes_from_str(result->date), arena,
                                 &result->canonical, &names);
    if (rc != RC_OK)
        return rc;
    if (!sigv4_hash(result->canonical, hash))
        return RC_IO;
    rc = arena_printf(arena, &scope, "%.*s/%.*s/%.*s/aws4_request", BYTES_ARG(day),
                      BYTES_ARG(key->region), BYTES_ARG(key->service));
    if (rc == RC_OK)
        rc = arena_printf(arena, &result->string_to_sign, "%s\n%s\n%.*s\n%s", algorithm,
                          result->date, BYTES_ARG(scope), hash);
    if (rc != RC_OK)
        return rc;
    if (!sign_text(key, day, result->string_to_sign, signature))
        return RC_IO;
    return arena_printf(
        arena, &result->authorization, "%s Credential=%.*s/%.*s, SignedHeaders=%.*s, Signature=%s",
        algorithm, BYTES_ARG(key->access_key_id), BYTES_ARG(scope), BYTES_ARG(names), signature);
}
