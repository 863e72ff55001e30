#include "runtime/core/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum { NOT_A_DIGIT = 0x80 };

void base64_encode(struct bytes plain, char *out)
{
    const unsigned char *p = (const unsigned char *)plain.ptr;
    size_t left = plain.len;
    for (; left >= 3; left -= 3, p += 3, out += 4) {
        uint32_t group = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        out[0] = alphabet[group >> 18];
        out[1] = alphabet[group >> 12 & 63];
        out[2] = alphabet[group >> 6 & 63];
        out[3] = alphabet[group & 63];
    }
    if (left == 0)
        return;
    uint32_t group = (uint32_t)p[0] << 16 | (left == 2 ? (uint32_t)p[1] << 8 : 0);
    out[0] = alphabet[group >> 18];
    out[1] = alphabet[group >> 12 & 63];
    out[2] = left == 2 ? alphabet[group >> 6 & 63] : '=';
    out[3] = '=';
}

/* How many '=' close `text`. */
static size_t pad_count(struct bytes text)
{
    if (text.len < 4 || text.ptr[text.len - 1] != '=')
        return 0;
    return text.ptr[text.len - 2] == '=' ? 2 : 1;
}

size_t base64_decoded_len(struct bytes text)
{
    return text.len / 4 * 3 - pad_count(text);
}

/* Each character's six bits. Made anew for each call: that costs less than the smallest body's way
 * here, and needs neither a lock nor a table of 256 numbers to be proofread. */
static void fill_values(unsigned char values[256])
{
    memset(values, NOT_A_DIGIT, 256);
    for (unsigned i = 0; i < 64; i++)
        values[(unsigned char)alphabet[i]] = (unsigned char)i;
}

/* The last group, which alone may be padded. */
static enum rc decode_last(const unsigned char values[256], const unsigned char *p, size_t pads,
                           char *out)
{
    unsigned char a = values[p[0]], b = values[p[1]];
    unsigned char c = pads == 2 ? 0 : values[p[2]], d = pads ? 0 : values[p[3]];
    if ((a | b | c | d) & NOT_A_DIGIT)
        return RC_SYNTAX;
    if ((pads == 2 && (b & 15)) || (pads == 1 && (c & 3)))
        return RC_SYNTAX;
    out[0] = (char)(a << 2 | b >> 4);
    if (pads < 2)
        out[1] = (char)(b << 4 | c >> 2);
    if (pads < 1)
        out[2] = (char)(c << 6 | d);
    return RC_OK;
}

enum rc base64_decode(struct bytes text, char *out)
{
    unsigned char values[256];
    unsigned char wrong = 0;
    const unsigned char *p = (const unsigned char *)text.ptr;
    if (text.len % 4)
        return RC_SYNTAX;
    if (text.len == 0)
        return RC_OK;
    fill_values(values);
    for (size_t left = text.len; left > 4; left -= 4, p += 4, out += 3) {
        unsigned char a = values[p[0]], b = values[p[1]], c = values[p[2]], d = values[p[3]];
        wrong |= a | b | c | d;
        out[0] = (char)(a << 2 | b >> 4);
        out[1] = (char)(b << 4 | c >> 2);
        out[2] = (char)(c << 6 | d);
    }
    if (wrong & NOT_A_DIGIT)
        return RC_SYNTAX;
    return decode_last(values, p, pad_count(text), out);
}

static void swap(char *text, size_t len, const char *from, const char *to)
{
    for (size_t i = 0; i < len; i++)
        for (int k = 0; k < 2; k++)
            if (text[i] == from[k]) {
                text[i] = to[k];
                break;
            }
}

void base64url_encode(struct bytes plain, char *out)
{
    base64_encode(plain, out);
    swap(out, base64url_encoded_len(plain.len), "+/", "-_");
}

enum rc base64url_decode(struct bytes text, char *out, size_t *len)
{
    char padded[BASE64URL_MAX + 3];
    if (text.len > BASE64URL_MAX || text.len % 4 == 1)
        return RC_SYNTAX;
    for (size_t i = 0; i < text.len; i++)
        if (strchr("+/=", text.ptr[i])) /* NUL too, which is none of the alphabet */
            return RC_SYNTAX;
    if (text.len)
        memcpy(padded, text.ptr, text.len);
    swap(padded, text.len, "-_", "+/");
    size_t padded_len = (text.len + 3) / 4 * 4;
    memset(padded + text.len, '=', padded_len - text.len);
    struct bytes whole = bytes_make(padded, padded_len);
    *len = base64_decoded_len(whole);
    return base64_decode(whole, out);
}
