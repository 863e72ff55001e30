#include "runtime/tool/build_id.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The build id is looked up by the sections: a file of symbols alone has its program headers still,
 * but not the bytes that they speak of.
 */

/* Copies `len` bytes at `offset`, when the file has them. */
static bool copy_at(struct bytes file, uint64_t offset, void *out, size_t len)
{
    if (offset > file.len || file.len - offset < len)
        return false;
    memcpy(out, file.ptr + offset, len);
    return true;
}

/* Looks for the note among those of one section. */
static bool find_note(struct bytes notes, struct bytes *id)
{
    Elf64_Nhdr note;
    while (copy_at(notes, 0, &note, sizeof note)) {
        uint64_t name_len = ((uint64_t)note.n_namesz + 3) & ~(uint64_t)3;
        uint64_t text_len = ((uint64_t)note.n_descsz + 3) & ~(uint64_t)3;
        uint64_t text_at = sizeof note + name_len;
        if (text_at > notes.len || notes.len - text_at < note.n_descsz)
            return false;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof "GNU" && note.n_descsz > 0 &&
            memcmp(notes.ptr + sizeof note, "GNU", sizeof "GNU") == 0) {
            *id = bytes_make(notes.ptr + text_at, note.n_descsz);
            return id->len <= (BUILD_ID_TEXT_MAX - 1) / 2;
        }
        if (text_len > notes.len - text_at)
            return false;
        notes = bytes_skip(notes, text_at + text_len);
    }
    return false;
}

bool build_id_find(struct bytes file, struct bytes *id)
{
    Elf64_Ehdr head;
    Elf64_Shdr section;
    if (!copy_at(file, 0, &head, sizeof head) || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
        head.e_ident[EI_CLASS] != ELFCLASS64)
        return false;
    for (uint64_t i = 0; i < head.e_shnum; i++) {
        if (head.e_shoff > file.len ||
            !copy_at(file, head.e_shoff + i * sizeof section, &section, sizeof section))
            return false;
        if (section.sh_type != SHT_NOTE || section.sh_offset > file.len ||
            file.len - section.sh_offset < section.sh_size)
            continue;
        if (find_note(bytes_make(file.ptr + section.sh_offset, section.sh_size), id))
            return true;
    }
    return false;
}

static const char *find_and_print(struct bytes file, char text[BUILD_ID_TEXT_MAX])
{
    static const char digits[] = "0123456789abcdef";
    struct bytes id;
    if (!build_id_find(file, &id))
        return "no ELF file with a build id";
    for (size_t i = 0; i < id.len; i++) {
        text[2 * i] = digits[(unsigned char)id.ptr[i] >> 4];
        text[2 * i + 1] = digits[(unsigned char)id.ptr[i] & 15];
    }
    text[2 * id.len] = '\0';
    return NULL;
}

const char *build_id_read(const char *path, char text[BUILD_ID_TEXT_MAX])
{
    const char *error = "not a file that can be read";
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? "no such file" : error;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        size_t len = (size_t)status.st_size;
        void *map = len ? mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
        error = map == MAP_FAILED ? "no ELF file with a build id"
                                  : find_and_print(bytes_make(map, len), text);
        if (map != MAP_FAILED)
            (void)munmap(map, len);
    }
    (void)close(fd);
    return error;
}
