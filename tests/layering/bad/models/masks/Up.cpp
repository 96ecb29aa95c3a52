#  include <dialects/flow/Flow.h>
