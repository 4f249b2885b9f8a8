#include <hb.h>
#include <hb-ot.h>
#include <hb-subset.h>
#include <pango/pangoft2.h>
