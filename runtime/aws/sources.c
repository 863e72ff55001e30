#include "runtime/aws/sources.h"

aws_source_fn *const aws_source_chain[] = {aws_source_environment, NULL};
