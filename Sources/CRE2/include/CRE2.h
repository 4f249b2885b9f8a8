#ifndef WAYBILL_CRE2_H
#define WAYBILL_CRE2_H

// The part of RE2 that Waybill uses, callable from C. No function throws, and none writes to standard error.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A compiled expression. Constant after its creation: any threads may match with it at once (re2.h, "thread-safe").
struct waybill_re2;

/// Compiles an expression in UTF-8 that ignores the case of letters.
///
/// `memory` bounds the bytes of its program and of the states that are cached while matching, `instructions` the length of the
/// program. NULL when RE2 refuses the expression; `reason` is then a text of at most `reason_size` bytes with its zero.
struct waybill_re2 *waybill_re2_create(
    const char *text, size_t length, int64_t memory, int instructions, char *reason, size_t reason_size);

/// Whether the expression matches the whole text. Takes time in proportion to the length of the text, at most that of the
/// program for each byte. Bytes that are not UTF-8 match nothing.
bool waybill_re2_matches(const struct waybill_re2 *expression, const char *text, size_t length);

void waybill_re2_destroy(struct waybill_re2 *expression);

#ifdef __cplusplus
}
#endif

#endif
