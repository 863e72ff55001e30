#include "runtime/core/bytes.h"

/* The first bytes at `p` in one word, `len` of them, eight at most; from four on two loads that may
 * overlap do for any length. */
static uint64_t word_at(const char *p, size_t len)
{
    uint64_t word = 0;
    uint32_t first, last;
    if (len >= sizeof word) {
        memcpy(&word, p, sizeof word);
    } else if (len >= sizeof first) {
        memcpy(&first, p, sizeof first);
        memcpy(&last, p + len - sizeof last, sizeof last);
        word = first | (uint64_t)last << 32;
    } else {
        for (size_t i = 0; i < len; i++)
            word = word << 8 | (unsigned char)p[i];
    }
    return word;
}

/* Of eight bytes at once: the bit that is a letter's case, in each byte that is a letter. Bytes
 * beyond ASCII are none; without their high bit no sum goes over its byte. */
static uint64_t letter_cases(uint64_t word)
{
    const uint64_t ones = UINT64_MAX / 0xFF, highs = ones << 7, cases = ones * 0x20;
    uint64_t lower = (word | cases) & ~highs;
    uint64_t is_letter =
        (lower + ones * (0x80 - 'a')) & ~(lower + ones * (0x7F - 'z')) & ~word & highs;
    return is_letter >> 2;
}

/* Where they differ it must be in the bit that is a letter's case, and both must be letters. */
static bool is_same_word(uint64_t a, uint64_t b)
{
    return ((a ^ b) & ~letter_cases(a)) == 0;
}

void bytes_lower(char *text, size_t len)
{
    uint64_t word;
    size_t i = 0;
    for (; len - i >= sizeof word; i += sizeof word) {
        memcpy(&word, text + i, sizeof word);
        word |= letter_cases(word);
        memcpy(text + i, &word, sizeof word);
    }
    for (; i < len; i++)
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] | 0x20);
}

bool bytes_ieq_same_len(struct bytes a, struct bytes b)
{
    for (; a.len > sizeof(uint64_t);
         a = bytes_skip(a, sizeof(uint64_t)), b = bytes_skip(b, sizeof(uint64_t)))
        if (!is_same_word(word_at(a.ptr, a.len), word_at(b.ptr, b.len)))
            return false;
    return is_same_word(word_at(a.ptr, a.len), word_at(b.ptr, a.len));
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct bytes bytes_trim(struct bytes view)
{
    while (view.len && is_blank(view.ptr[0]))
        view = bytes_skip(view, 1);
    while (view.len && is_blank(view.ptr[view.len - 1]))
        view.len--;
    return view;
}

bool bytes_to_u64(struct bytes view, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    if (view.len == 0)
        return false;
    for (size_t i = 0; i < view.len; i++) {
        unsigned digit = (unsigned)(unsigned char)view.ptr[i] - '0';
        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (value > max)
        return false;
    *out = value;
    return true;
}

/* The length of the sequence that `lead` opens, and the range of its second byte; 0: no lead byte.
 * Table 3-7 of the Unicode standard: the second byte's range excludes overlong forms, surrogates
 * and what lies above U+10FFFF. */
static size_t utf8_sequence(unsigned char lead, unsigned char *low, unsigned char *high)
{
    *low = 0x80;
    *high = 0xBF;
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 2;
    if (lead >= 0xE0 && lead <= 0xEF) {
        if (lead == 0xE0)
            *low = 0xA0;
        if (lead == 0xED)
            *high = 0x9F;
        return 3;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        if (lead == 0xF0)
            *low = 0x90;
        if (lead == 0xF4)
            *high = 0x8F;
        return 4;
    }
    return 0;
}

size_t bytes_utf8_len(struct bytes view)
{
    const unsigned char *p = (const unsigned char *)view.ptr;
    size_t i = 0;
    while (i < view.len) {
        unsigned char low, high;
        uint64_t eight;
        if (view.len - i >= sizeof eight) { /* eight bytes of ASCII at one look */
            memcpy(&eight, p + i, sizeof eight);
            if ((eight & 0x8080808080808080u) == 0) {
                i += sizeof eight;
                continue;
            }
        }
        size_t n = utf8_sequence(p[i], &low, &high);
        if (n == 0 || n > view.len - i)
            return i;
        if (n > 1 && (p[i + 1] < low || p[i + 1] > high))
            return i;
        for (size_t k = 2; k < n; k++)
            if ((p[i + k] & 0xC0) != 0x80)
                return i;
        i += n;
    }
    return i;
}

bool bytes_is_utf8(struct bytes view)
{
    return bytes_utf8_len(view) == view.len;
}
