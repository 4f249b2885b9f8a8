#include "CRE2.h"

#include <re2/re2.h>

#include <cstdio>
#include <exception>
#include <new>
#include <string>

struct waybill_re2 {
    RE2 expression;

    waybill_re2(const re2::StringPiece &text, const RE2::Options &options) : expression(text, options) {}
};

static void say(const std::string &text, char *reason, size_t reason_size)
{
    if (reason_size > 0)
        std::snprintf(reason, reason_size, "%s", text.c_str());
}

struct waybill_re2 *waybill_re2_create(
    const char *text, size_t length, int64_t memory, int instructions, char *reason, size_t reason_size)
{
    try {
        RE2::Options options;
        options.set_log_errors(false);
        options.set_case_sensitive(false);
        options.set_never_capture(true);
        options.set_max_mem(memory);
        auto *made = new waybill_re2(re2::StringPiece(text, length), options);
        if (!made->expression.ok()) {
            say(made->expression.error(), reason, reason_size);
        } else if (made->expression.ProgramSize() > instructions) {
            say("pattern too large", reason, reason_size);
        } else {
            return made;
        }
        delete made;
    } catch (const std::exception &error) {
        // Only for want of memory: RE2 itself throws nothing.
        std::snprintf(reason, reason_size, "%s", error.what());
    }
    return nullptr;
}

bool waybill_re2_matches(const struct waybill_re2 *expression, const char *text, size_t length)
{
    try {
        return expression->expression.Match(re2::StringPiece(text, length), 0, length, RE2::ANCHOR_BOTH, nullptr, 0);
    } catch (const std::exception &) {
        // For want of memory, which Swift would not survive either.
        return false;
    }
}

void waybill_re2_destroy(struct waybill_re2 *expression) { delete expression; }
