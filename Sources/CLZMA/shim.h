#include <lzma.h>

/* Swift does not import a macro that casts its number. */
static const uint32_t lzma_concatenated = LZMA_CONCATENATED;
