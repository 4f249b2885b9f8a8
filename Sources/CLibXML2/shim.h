// Debian's libxml2 is built with ICU, whose types differ from those of the ICU inside Foundation: a module that sees
// both does not compile. Only the struct of encoding handlers, which nothing here looks into, has fields of ICU.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
