#include "runtime/control/shape_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/base64.h"

void shape_text_float(struct buf *out, double number)
{
    char text[32] = "";
    if (!isfinite(number)) {
        buf_append(out, isnan(number)  ? BYTES_LIT("NaN")
                        : number > 0.0 ? BYTES_LIT("Infinity")
                                       : BYTES_LIT("-Infinity"));
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, number);
        double again = strtod(text, NULL);
        if (!(again < number) && !(again > number))
            break;
    }
    buf_append(out, bytes_from_str(text));
}

void shape_text_blob(struct buf *out, struct bytes blob)
{
    size_t len = base64_encoded_len(blob.len);
    if (buf_reserve(out, len) != RC_OK) {
        out->failed = true;
        return;
    }
    base64_encode(blob, out->data + out->len);
    out->len += len;
}
