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

/* true when the call in front of `address` goes to a function that begins shortly before `pc`. */
static bool is_call_of(uintptr_t address, uintptr_t pc)
{
    enum { FUNCTION_MAX_BYTES = 4096 };
    int32_t distance;
    uintptr_t from = address - 4;
#if defined(__x86_64__)
    if (((const unsigned char *)address)[-5] != 0xe8)
        return false;
    memcpy(&distance, (const void *)from, sizeof distance);
    from = address;
#elif defined(__aarch64__)
    uint32_t word;
    memcpy(&word, (const void *)from, sizeof word);
    if ((word & 0xfc000000) != 0x94000000)
        return false;
    distance = (int32_t)(word << 6) >> 4; /* 26 bits with a sign, in words */
#else
    return false;
#endif
    return pc - (from + (uintptr_t)(intptr_t)distance) < FUNCTION_MAX_BYTES;
}

/* true when a frame of ours may be at `fp`: its two words are on the stack, the return address is
 * one, and the caller's frame is further up. */
static bool is_frame(const struct walk *walk, uintptr_t fp, uintptr_t from)
{
    return fp >= from && fp % WORD == 0 && walk->top >= 2 * WORD && fp <= walk->top - 2 * WORD &&
           is_behind_call(walk, word_at(fp + WORD)) && word_at(fp) > fp;
}

/* The lowest word in [from, top) that points to a frame of ours, or top. */
static uintptr_t find_saved_fp(const struct walk *walk, uintptr_t from)
{
    for (uintptr_t at = from; at < walk->top; at += WORD)
        if (is_frame(walk, word_at(at), at))
            return at;
    return walk->top;
}

/* A function of the C library has no frame of ours, so its caller's return address stands alone. */
static void give_lone_caller(struct walk *walk, uintptr_t from, uintptr_t to)
{
    for (uintptr_t at = from; at < to; at += WORD)
        if (is_behind_call(walk, word_at(at))) {
            give(walk, word_at(at));
            return;
        }
}

/* The crash is in a function with a frame, or in one of a static C library that made none: then
 * the return address is still where the call has put it. */
static void give_leaf_caller(struct walk *walk, const struct backtrace_start *start, uintptr_t sp)
{
    uintptr_t address = start->link;
#if defined(__x86_64__)
    address = word_at(sp);
#else
    (void)sp;
#endif
    if (is_behind_call(walk, address) && is_call_of(address, start->pc) &&
        address != word_at(start->fp + WORD))
        give(walk, address);
}

/* The first frame of ours, or 0; gives the caller that has no frame. */
static uintptr_t first_frame(struct walk *walk, const struct backtrace_start *start)
{
    uintptr_t sp = (start->sp + WORD - 1) & ~(uintptr_t)(WORD - 1), from = sp;
    uintptr_t fp = start->fp;
    bool has_frame = is_frame(walk, fp, sp);
    if (has_frame && is_code(walk, start->pc)) {
        give_leaf_caller(walk, start, sp);
        return fp;
    }
    if (has_frame && is_behind_call(walk, start->link)) {
        give(walk, start->link);
        return fp;
    }
    if (!has_frame) {
        uintptr_t at = find_saved_fp(walk, from);
        if (at >= walk->top)
            return 0;
        fp = word_at(at);
        from = at + WORD;
    }
    give_lone_caller(walk, from, fp);
    return fp;
}

void backtrace_walk(const struct program_image *image, const struct backtrace_start *start,
                    uintptr_t out[BACKTRACE_MAX], volatile size_t *count)
{
    struct walk walk = {image, start->top & ~(uintptr_t)(WORD - 1), out, count};
    *count = 0;
    give(&walk, start->pc);
    uintptr_t fp = first_frame(&walk, start);
    while (fp && *count < BACKTRACE_MAX) {
        give(&walk, word_at(fp + WORD));
        uintptr_t next = word_at(fp);
        if (!is_frame(&walk, next, fp + 2 * WORD)) {
            /* A function of the C library called us back and used the register for itself. */
            uintptr_t at = find_saved_fp(&walk, fp + 2 * WORD);
            next = at < walk.top ? word_at(at) : 0;
        }
        fp = next;
    }
}
