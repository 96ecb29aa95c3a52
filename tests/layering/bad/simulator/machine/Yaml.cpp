#include "mlir/IR/Attributes.h"
#include "llvm/Support/YAMLParser.h" // allowed here
