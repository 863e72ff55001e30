#include <criterion/criterion.h>

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/backtrace.h"
#include "runtime/tool/build_id.h"
#include "tests/support/guard.h"

/* A file of a head, two sections, and two notes in the second of them. */
struct elf {
    Elf64_Ehdr head;
    Elf64_Shdr sections[2];
    struct {
        Elf64_Nhdr note;
        char name[8];
        char text[4];
    } other;
    struct {
        Elf64_Nhdr note;
        char name[4];
        char text[20];
    } id;
};

static struct elf elf;

static void setup(void)
{
    elf = (struct elf){
        .head = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64},
                 .e_shoff = offsetof(struct elf, sections),
                 .e_shnum = 2},
        .sections = {{.sh_type = SHT_PROGBITS},
                     {.sh_type = SHT_NOTE,
                      .sh_offset = offsetof(struct elf, other),
                      .sh_size = sizeof elf.other + sizeof elf.id}},
        .other = {{.n_namesz = 6, .n_descsz = 3, .n_type = NT_GNU_BUILD_ID}, "Other", "abc"},
        .id = {{.n_namesz = 4, .n_descsz = 20, .n_type = NT_GNU_BUILD_ID}, "GNU", "0123456789"},
    };
}

TestSuite(build_id, .init = setup);

static bool finds(size_t len, struct bytes *id)
{
    struct guard guard = guard_new(bytes_make((const char *)&elf, len));
    bool is_found = build_id_find(guard.view, id);
    bool is_right = is_found && id->len == 20 && memcmp(id->ptr, elf.id.text, 20) == 0;
    cr_expect(!is_found || is_right);
    guard_free(&guard);
    return is_found;
}

Test(build_id, is_found_behind_other_notes)
{
    struct bytes id;
    cr_expect(finds(sizeof elf, &id));
}

Test(build_id, a_file_that_is_cut_off_has_none)
{
    struct bytes id;
    size_t whole = offsetof(struct elf, id) + sizeof elf.id; /* the struct's own end is padding */
    for (size_t len = 0; len < whole; len++)
        cr_expect(!finds(len, &id), "%zu", len);
}

/* Each word of the file, one after the other, says something enormous. */
Test(build_id, no_number_of_a_file_leads_out_of_it)
{
    struct bytes id;
    size_t found = 0;
    for (size_t at = 0; at + 8 <= sizeof elf; at += 4)
        for (int width = 2; width <= 8; width *= 2) {
            setup();
            memset((char *)&elf + at, 0xff, (size_t)width);
            struct guard guard = guard_new(bytes_make((const char *)&elf, sizeof elf));
            if (build_id_find(guard.view, &id))
                found++;
            guard_free(&guard);
        }
    cr_expect_gt(found, (size_t)0);
}

Test(build_id, one_that_is_longer_than_any_is_none)
{
    struct bytes id;
    elf.id.note.n_descsz = 33;
    elf.sections[1].sh_size += 64;
    char file[sizeof elf + 64] = {0};
    memcpy(file, &elf, sizeof elf);
    cr_expect(!build_id_find(bytes_make(file, sizeof file), &id));
}

Test(build_id, of_this_program_is_what_it_knows_itself)
{
    char text[BUILD_ID_TEXT_MAX], wanted[BUILD_ID_TEXT_MAX] = "";
    struct program_image image;
    program_image_read(&image);
    for (size_t i = 0; i < image.build_id_len; i++)
        (void)snprintf(wanted + 2 * i, 3, "%02x", image.build_id[i]);
    const char *error = build_id_read("/proc/self/exe", text);
    cr_assert(!error, "%s", error);
    cr_expect_str_eq(text, wanted);
}

struct row {
    const char *path, *error;
};

static const struct row rows[] = {
    {"/no-such-file", "no such file"},
    {"/", "not a file that can be read"},
    {"/dev/null", "not a file that can be read"},
    {"Makefile", "no ELF file with a build id"},
};

Test(build_id, other_files_are_named)
{
    char text[BUILD_ID_TEXT_MAX];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(build_id_read(rows[i].path, text), rows[i].error, "%s", rows[i].path);
}
