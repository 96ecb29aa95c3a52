#include "llvm/Support/YAMLParser.h" // allowed here
#include "mlir/IR/Attributes.h"
