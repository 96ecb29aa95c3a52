//===- FabricAttrs.td - Selections, positions, per-core integers -*- tablegen -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FABRIC_FABRICATTRS
#define WAFERFLOW_DIALECTS_FABRIC_FABRICATTRS

include "dialects/fabric/FabricEnums.td"
include "mlir/IR/AttrTypeBase.td"

class Fabric_Attr<string name, string attrMnemonic> : AttrDef<Fabric_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Fabric_SelectAttr : Fabric_Attr<"Select", "select"> {
  let summary = "a selection of cores: a rectangle, and a set of (x, y) within it";
  let description = [{
    `x 0 to 4` are the columns 0, 1, 2 and 3 of the fabric, counted from the west;
    rows are counted from the north. The set takes upstream's affine expressions:
    `mod` and `floordiv` say odd and even, ring ownership and groups. (A set with `>=`
    is written as an alias: MLIR's parser balances angle brackets first.)

    ```mlir
    #set = affine_set<(x, y) : (x mod 2 == 0, y - x >= 0)>
    #fabric.select<x 0 to 4, y 0 to 1>
    #fabric.select<x 0 to 4, y 0 to 4, #set>
    ```
  }];
  let parameters = (ins "int64_t":$x_begin, "int64_t":$x_end, "int64_t":$y_begin,
      "int64_t":$y_end, OptionalParameter<"::mlir::IntegerSetAttr">:$where);
  let assemblyFormat = [{
    `<` `x` $x_begin `to` $x_end `,` `y` $y_begin `to` $y_end (`,` $where^)? `>`
  }];
  let extraClassDeclaration = [{
    /// Whether the core in column `x` and row `y` is selected.
    bool contains(int64_t x, int64_t y) const;
  }];
  let genVerifyDecl = 1;
}

def Fabric_PositionAttr : Fabric_Attr<"Position", "position"> {
  let summary = "one route of a color: from one link to one or several";
  let description = [{
    `ramp` joins a router and its core. Several destinations are a multicast.

    ```mlir
    #fabric.position<west -> ramp, east>
    ```
  }];
  let parameters = (ins EnumParameter<Fabric_Link>:$rx, ArrayRefParameter<"Link">:$tx);
  let assemblyFormat = "`<` $rx `->` $tx `>`";
  let genVerifyDecl = 1;
}

def Fabric_SramAttr : Fabric_Attr<"Sram", "sram"> {
  let summary = "the memory space of a core's buffers";
  let description = [{
    ```mlir
    memref<16xf32, #fabric.sram>
    ```
  }];
}

def Fabric_PerCoreAttr : Fabric_Attr<"PerCore", "per_core"> {
  let summary = "an integer for each core: a map of (x, y), or a table";
  let description = [{
    A table lists the integers of a rectangle row by row, or those of one row where
    all rows have the same: a wafer has 750 columns and 880,000 cores.

    ```mlir
    #fabric.per_core<map = affine_map<(x, y) -> (x floordiv 2 + 4 * y)>>
    #fabric.per_core<table = [3, 3, 2], cores = <x 0 to 3, y 0 to 1>>
    #fabric.per_core<table = [3, 3, 2], cores = <x 0 to 3, y 0 to 1000>>
    ```
  }];
  let parameters = (ins OptionalParameter<"::mlir::AffineMapAttr">:$map,
      OptionalParameter<"::mlir::DenseI64ArrayAttr">:$table,
      OptionalParameter<"::waferflow::fabric::SelectAttr">:$cores);
  let assemblyFormat = "`<` struct(params) `>`";
  let extraClassDeclaration = [{
    /// The integer of core (`x`, `y`); nothing outside a table's rectangle.
    std::optional<int64_t> at(int64_t x, int64_t y) const;
  }];
  let genVerifyDecl = 1;
}

def Fabric_HostAttr : Fabric_Attr<"Host", "host"> {
  let summary = "which elements of a host tensor cores hold, or a stream carries";
  let description = [{
    `tensor` is an argument's or result's name, or empty where `value` is given. How
    features and rows lie over columns is said by layouts of the dialect flow, and
    tokens over rows by the module's `flow.step`. `form` is one of:

    | form | at | elements of a core or lane |
    |---|---|---|
    | `activations` | write, read | [slots, Tl] of a tensor [tokens, features]; 0 where nothing is |
    | `tokens` | write, read | [Tl] of a tensor [batch, seq] or [tokens, 1], of the token `shift` later in its sequence; `pad` beyond its end and where no token is |
    | `sorted_tokens` | write | [Tl + 1] of integers [batch, seq], ascending; behind them 2^31 - 1 |
    | `sorted_slots` | write | [Tl] places of `sorted_tokens` among the core's tokens |
    | `positions` | write | [slots, Tl] of `value` [seq, features], by the token's place in its sequence; [seq, n] where feature f has what f mod n has (heads) |
    | `features` | write, inject | [slots] of `value` or a tensor [features] |
    | `scalar` | read | one element, the same on every core |
    | `weights` | inject | rows of a weight in stream order: `rows` says who owns which |
    | `mask` | inject | the same, positions alone |
    | `table` | inject | the slots of all rows of a tensor [rows, features], row by row |
    | `gradient` | drain | one element for each wavelet of `mask`, or for each slot where dense |
    | `table_gradient`, `feature_gradient` | drain | as `table`, as `features` |

    `transposed`: rows are the weight's columns.

    ```mlir
    #fabric.host<tensor = "x", form = "activations", features = <order = @residual>>
    #fabric.host<tensor = "labels", form = "tokens", shift = 1, pad = -100>
    ```
  }];
  let parameters = (ins StringRefParameter<"", "\"\"">:$tensor, StringRefParameter<"">:$form,
      OptionalParameter<"::waferflow::flow::LayoutAttr">:$features,
      OptionalParameter<"::waferflow::flow::LayoutAttr">:$rows,
      DefaultValuedParameter<"bool", "false">:$transposed,
      DefaultValuedParameter<"int64_t", "0">:$shift,
      DefaultValuedParameter<"int64_t", "0">:$pad,
      OptionalParameter<"::mlir::ElementsAttr">:$value);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif // WAFERFLOW_DIALECTS_FABRIC_FABRICATTRS
