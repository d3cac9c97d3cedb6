; Pairs the product and the flag of mul.c's helpers as LLVM's overflow intrinsics return them. C cannot
; return such a pair in registers; always inlined, the pair and the flag's slot disappear.
target triple = "bpfel"

declare i64 @sbf_umulo_i64_parts(i64, i64, ptr)
define { i64, i1 } @sbf_umulo_i64(i64 %a, i64 %b) alwaysinline {
  %flag = alloca i8
  %product = call i64 @sbf_umulo_i64_parts(i64 %a, i64 %b, ptr %flag)
  %byte = load i8, ptr %flag
  %overflow = icmp ne i8 %byte, 0
  %half = insertvalue { i64, i1 } poison, i64 %product, 0
  %pair = insertvalue { i64, i1 } %half, i1 %overflow, 1
  ret { i64, i1 } %pair
}

declare i128 @sbf_umulo_i128_parts(i128, i128, ptr)
define { i128, i1 } @sbf_umulo_i128(i128 %a, i128 %b) alwaysinline {
  %flag = alloca i8
  %product = call i128 @sbf_umulo_i128_parts(i128 %a, i128 %b, ptr %flag)
  %byte = load i8, ptr %flag
  %overflow = icmp ne i8 %byte, 0
  %half = insertvalue { i128, i1 } poison, i128 %product, 0
  %pair = insertvalue { i128, i1 } %half, i1 %overflow, 1
  ret { i128, i1 } %pair
}

declare i64 @sbf_smulo_i64_parts(i64, i64, ptr)
define { i64, i1 } @sbf_smulo_i64(i64 %a, i64 %b) alwaysinline {
  %flag = alloca i8
  %product = call i64 @sbf_smulo_i64_parts(i64 %a, i64 %b, ptr %flag)
  %byte = load i8, ptr %flag
  %overflow = icmp ne i8 %byte, 0
  %half = insertvalue { i64, i1 } poison, i64 %product, 0
  %pair = insertvalue { i64, i1 } %half, i1 %overflow, 1
  ret { i64, i1 } %pair
}

declare i128 @sbf_smulo_i128_parts(i128, i128, ptr)
define { i128, i1 } @sbf_smulo_i128(i128 %a, i128 %b) alwaysinline {
  %flag = alloca i8
  %product = call i128 @sbf_smulo_i128_parts(i128 %a, i128 %b, ptr %flag)
  %byte = load i8, ptr %flag
  %overflow = icmp ne i8 %byte, 0
  %half = insertvalue { i128, i1 } poison, i128 %product, 0
  %pair = insertvalue { i128, i1 } %half, i1 %overflow, 1
  ret { i128, i1 } %pair
}
