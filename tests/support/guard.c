#include "tests/support/guard.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct guard guard_new(struct bytes input)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (input.len + page - 1) / page * page;
    struct guard guard = {._map_len = room + page};
    char *map =
        mmap(NULL, guard._map_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED || mprotect(map + room, page, PROT_NONE) != 0)
        abort();
    if (input.len)
        memcpy(map + room - input.len, input.ptr, input.len);
    guard._map = map;
    guard.view = bytes_make(map + room - input.len, input.len);
    return guard;
}

void guard_free(struct guard *guard)
{
    (void)munmap(guard->_map, guard->_map_len);
}
