#include <criterion/criterion.h>

#include "runtime/alb/binding.h"

enum { DRAWS = 10000 };

struct row {
    unsigned weights[4];
    size_t count;
    double chi_square_max; /* at p = 0.001 for the groups that have a weight, less one */
};

static const struct row rows[] = {
    {{50, 50}, 2, 10.83},     {{90, 10}, 2, 10.83},        {{999, 1}, 2, 10.83},
    {{1, 2, 3, 4}, 4, 16.27}, {{10, 0, 30, 60}, 4, 13.82},
};

Test(alb_choose, splits_by_weight_within_what_chance_allows)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct alb_share groups[4] = {0};
        struct random_state seeded;
        double sum = 0, chi_square = 0, seen[4] = {0};
        random_init(&seeded, 20240607 + i);
        for (size_t k = 0; k < row->count; k++)
            sum += groups[k].weight = row->weights[k];
        for (int n = 0; n < DRAWS; n++)
            seen[alb_choose(groups, row->count, &seeded)]++;
        for (size_t k = 0; k < row->count; k++) {
            double wanted = DRAWS * row->weights[k] / sum, off = seen[k] - wanted;
            if (row->weights[k] == 0)
                cr_expect_eq(seen[k], 0, "row %zu: weight 0 was chosen", i);
            else
                chi_square += off * off / wanted;
        }
        cr_expect_lt(chi_square, row->chi_square_max, "row %zu: chi square %f", i, chi_square);
    }
}

Test(alb_choose, all_weights_zero_is_no_group)
{
    struct alb_share groups[2] = {0};
    struct random_state seeded;
    random_init(&seeded, 1);
    cr_expect_eq(alb_choose(groups, 2, &seeded), -1);
}
