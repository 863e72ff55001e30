#include "runtime/control/sts.h"

static void get_caller_identity(void *context, struct control_call *call)
{
    const struct sts *sts = context;
    struct datum *result = control_result(call);
    struct bytes arn = {NULL, 0};
    if (arena_printf(call->arena, &arn, "arn:aws:iam::%s:user/duet-local", sts->account) != RC_OK)
        call->maker.failed = true;
    datum_text(&call->maker, result, "Arn", arn);
    datum_string(&call->maker, result, "UserId", "AIDADUETLOCAL00000000");
    datum_string(&call->maker, result, "Account", sts->account);
    control_answer(call, result);
}

static const struct control_action actions[] = {{"GetCallerIdentity", get_caller_identity}};

void sts_init(struct sts *sts, const char *account)
{
    *sts = (struct sts){
        .account = account,
        .service = {.name = "sts",
                    .version = "2011-06-15",
                    .xml_namespace = "https://sts.amazonaws.com/doc/2011-06-15/",
                    .actions = actions,
                    .action_count = sizeof actions / sizeof actions[0],
                    .context = sts},
    };
}
