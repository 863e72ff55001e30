#include "runtime/core/backtrace.h"

#include <elf.h>
#include <link.h>

/* --- the program --- */

/* A note is three words, a name and a text, both padded to four bytes. */
static void read_note(struct program_image *image, const char *at, size_t len)
{
    ElfW(Nhdr) note;
    while (len >= sizeof note) {
        memcpy(&note, at, sizeof note);
        size_t name_len = (note.n_namesz + 3u) & ~(size_t)3;
        size_t text_len = (note.n_descsz + 3u) & ~(size_t)3;
        size_t whole = sizeof note + name_len + text_len;
        if (whole > len)
            return;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof "GNU" &&
            memcmp(at + sizeof note, "GNU", sizeof "GNU") == 0 &&
            note.n_descsz <= sizeof image->build_id) {
            memcpy(image->build_id, at + sizeof note + name_len, note.n_descsz);
            image->build_id_len = note.n_descsz;
        }
        at += whole;
        len -= whole;
    }
}

/* The program comes first; the libraries behind it are left out. */
static int read_program(struct dl_phdr_info *info, size_t size, void *context)
{
    struct program_image *image = context;
    (void)size;
    image->base = info->dlpi_addr;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + header->p_vaddr;
        image->has_libraries = image->has_libraries || header->p_type == PT_INTERP;
        if (header->p_type == PT_NOTE)
            read_note(image, (const char *)start, header->p_memsz);
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_X))
            continue;
        if (image->text_end == 0 || start < image->text_start)
            image->text_start = start;
        if (start + header->p_memsz > image->text_end)
            image->text_end = start + header->p_memsz;
    }
    return 1;
}

void program_image_read(struct program_image *image)
{
    *image = (struct program_image){.base = 0};
    (void)dl_iterate_phdr(read_program, image);
}

/* --- the walk --- */

struct walk {
    const struct program_image *image;
    uintptr_t top;
    uintptr_t *out;
    volatile size_t *count;
};

enum { WORD = sizeof(uintptr_t) };

static void give(struct walk *walk, uintptr_t address)
{
    size_t n = *walk->count;
    if (n >= BACKTRACE_MAX)
        return;
    walk->out[n] = address;
    *walk->count = n + 1;
}

/* No sanitizer may look at these reads: they go where no variable of ours is. */
__attribute__((no_sanitize("address", "thread"))) static uintptr_t word_at(uintptr_t address)
{
    return *(const volatile uintptr_t *)address;
}

static bool is_code(const struct walk *walk, uintptr_t address)
{
    return address >= walk->image->text_start && address < walk->image->text_end;
}

/* A return address stands behind a call; what does not was only left on the stack. */
static bool is_behind_call(const struct walk *walk, uintptr_t address)
{
    if (!is_code(walk, address) || address - walk->image->text_start < 8)
        return false;
#if defined(__x86_64__)
    const unsigned char *at = (const unsigned char *)address;
    if (at[-5] == 0xe8)
        return true;
    for (int len = 2; len <= 7; len++)
        if (at[-len] == 0xff && (at[-len + 1] & 0x38) == 0x10)
            return true;
    return false;
#elif defined(__aarch64__)
    uint32_t word;
    memcpy(&word, (const void *)(address - 4), sizeof word);
    return (word & 0xfc000000) == 0x94000000 || (word & 0xfffffc1f) == 0xd63f0000;
#else
    return true;
#endif
}

/* Reads where the direct call in front of `address` goes. false: it is a call by a pointer. */
static bool call_target(uintptr_t address, uintptr_t *target)
{
    uintptr_t from = address - 4;
#if defined(__x86_64__)
    int32_t distance;
    if (((const unsigned char *)address)[-5] != 0xe8)
        return false;
    memcpy(&distance, (const void *)from, sizeof distance);
    *target = address + (uintptr_t)(intptr_t)distance;
    return true;
#elif defined(__aarch64__)
    uint32_t word;
    memcpy(&word, (const void *)from, sizeof word);
    if ((word & 0xfc000000) != 0x94000000)
        return false;
    /* 26 bits with a sign, in words */
    *target = from + (uintptr_t)(intptr_t)((int32_t)(word << 6) >> 4);
    return true;
#else
    (void)from;
    (void)target;
    return false;
#endif
}

/* true when `address` is a return address, and its direct call goes to a function that `inside` may
 * be in: such a word is hardly on the stack by chance. */
static bool is_call_of(const struct walk *walk, uintptr_t address, uintptr_t inside)
{
    enum { FUNCTION_MAX_BYTES = 32 * 1024 };
    uintptr_t target;
    return is_behind_call(walk, address) && call_target(address, &target) && target <= inside &&
           inside - target < FUNCTION_MAX_BYTES;
}

/* true when a frame of ours may be at `fp`: its two words are on the stack, the return address is
 * one, and the caller's frame is further up. */
static bool is_frame(const struct walk *walk, uintptr_t fp, uintptr_t from)
{
    return fp >= from && fp % WORD == 0 && walk->top >= 2 * WORD && fp <= walk->top - 2 * WORD &&
           is_behind_call(walk, word_at(fp + WORD)) && word_at(fp) > fp;
}

/* --- across functions without frames --- */

enum { CROSSED_MAX = 8 };

/* The return addresses between a place and the next frame of ours. */
struct crossing {
    uintptr_t found[CROSSED_MAX];
    size_t count;
    uintptr_t last; /* the outermost; at first, that from which the crossing starts */
};

static void cross_calls(const struct walk *walk, uintptr_t from, uintptr_t to,
                        struct crossing *crossing)
{
    for (uintptr_t at = from; at < to && crossing->count < CROSSED_MAX; at += WORD)
        if (is_call_of(walk, word_at(at), crossing->last))
            crossing->found[crossing->count++] = crossing->last = word_at(at);
}

/* A library's call of ours cannot be followed, but the function of ours that called the library has
 * left its return address: the first one above the frame pointer that the library has saved. */
static void cross_library(const struct walk *walk, uintptr_t from, uintptr_t to,
                          struct crossing *crossing)
{
    for (uintptr_t at = from; at < to && crossing->count == 0; at += WORD)
        if (is_behind_call(walk, word_at(at)))
            crossing->found[crossing->count++] = crossing->last = word_at(at);
}

/* Gives what lies between `from` and the frame at `fp`, when that frame may be the next one.
 *
 * saved_end  behind the place where `fp` was saved
 * inside     the address that the crossing starts from */
static bool cross_to(struct walk *walk, uintptr_t from, uintptr_t saved_end, uintptr_t fp,
                     uintptr_t inside)
{
    struct crossing crossing = {.last = inside};
    uintptr_t target, caller = word_at(fp + WORD);
    cross_calls(walk, from, fp, &crossing);
    if (crossing.count == 0 && walk->image->has_libraries)
        cross_library(walk, saved_end, fp, &crossing);
    if (crossing.count == 0 ||
        (call_target(caller, &target) && !is_call_of(walk, caller, crossing.last)))
        return false;
    for (size_t i = 0; i < crossing.count; i++)
        give(walk, crossing.found[i]);
    return true;
}

/* The next frame of ours above `from`, found by the word that points to it; 0: none. */
static uintptr_t cross(struct walk *walk, uintptr_t from, uintptr_t inside)
{
    for (uintptr_t at = from; at < walk->top; at += WORD)
        if (is_frame(walk, word_at(at), at) && cross_to(walk, from, at + WORD, word_at(at), inside))
            return word_at(at);
    return 0;
}

/* --- all of it --- */

/* A function that calls no other may have no frame: its return address is where the call has put
 * it. 0: it is not there, or it is that of the frame at `fp`. */
static uintptr_t leaf_caller(const struct walk *walk, const struct backtrace_start *start,
                             uintptr_t sp, bool has_frame)
{
    uintptr_t address = start->link;
#if defined(__x86_64__)
    address = word_at(sp);
#else
    (void)sp;
#endif
    bool is_new = !has_frame || address != word_at(start->fp + WORD);
    return is_new && is_call_of(walk, address, start->pc) ? address : 0;
}

/* The first frame of ours, or 0; gives the callers below it. */
static uintptr_t first_frame(struct walk *walk, const struct backtrace_start *start)
{
    uintptr_t sp = (start->sp + WORD - 1) & ~(uintptr_t)(WORD - 1), inside = start->pc;
    bool has_frame = is_frame(walk, start->fp, sp);
    if (is_code(walk, start->pc) && sp < walk->top) {
        uintptr_t caller = leaf_caller(walk, start, sp, has_frame);
        if (!caller && has_frame)
            return start->fp;
        if (caller)
            give(walk, inside = caller);
        sp += caller ? WORD : 0;
    } else if (has_frame && is_behind_call(walk, start->link)) {
        give(walk, start->link);
        return start->fp;
    }
    if (!has_frame)
        return cross(walk, sp, inside);
    struct crossing crossing = {.last = inside};
    cross_calls(walk, sp, start->fp, &crossing);
    if (!is_code(walk, start->pc) && crossing.count == 0)
        cross_library(walk, sp, start->fp, &crossing);
    for (size_t i = 0; i < crossing.count; i++)
        give(walk, crossing.found[i]);
    return start->fp;
}

void backtrace_walk(const struct program_image *image, const struct backtrace_start *start,
                    uintptr_t out[BACKTRACE_MAX], volatile size_t *count)
{
    struct walk walk = {image, start->top & ~(uintptr_t)(WORD - 1), out, count};
    *count = 0;
    give(&walk, start->pc);
    uintptr_t fp = first_frame(&walk, start);
    while (fp && *count < BACKTRACE_MAX) {
        uintptr_t caller = word_at(fp + WORD), next = word_at(fp);
        give(&walk, caller);
        if (!is_frame(&walk, next, fp + 2 * WORD))
            next = cross(&walk, fp + 2 * WORD, caller); /* the C library has called us back */
        fp = next;
    }
}
