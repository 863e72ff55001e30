#ifndef TESTS_SUPPORT_TSAN_PARAMETERIZED_H
#define TESTS_SUPPORT_TSAN_PARAMETERIZED_H

/* parameterized.h — the same for Criterion's parameterised tests. */

#include "tests/support/tsan/criterion/criterion.h"

#define cr_make_param_array(type, array, ...) \
    ((struct criterion_test_params){sizeof(type), (void *)(array), __VA_ARGS__})

#define ParameterizedTestParameters(suite_, name_) \
    static struct criterion_test_params suite_##_##name_##_parameters(void)

#define ParameterizedTest(...) plain_parameterized(__VA_ARGS__, .disabled = false)
#define plain_parameterized(parameter_, suite_, name_, ...)                              \
    static void suite_##_##name_##_typed(parameter_);                                    \
    static void suite_##_##name_##_body(void *parameter)                                 \
    {                                                                                    \
        suite_##_##name_##_typed(parameter);                                             \
    }                                                                                    \
    plain_definition(plain_##suite_##_##name_, #suite_, #name_, suite_##_##name_##_body, \
                     suite_##_##name_##_parameters, __VA_ARGS__);                        \
    static void suite_##_##name_##_typed(parameter_)

#endif
