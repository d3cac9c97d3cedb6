// Multiplication wider than a register, and multiplication that reports overflow. The overflow
// forms return the product and set a flag; overflow.ll pairs the two as LLVM's intrinsics do.
#include "wide.h"

LOWERED u128 sbf_mul_i128(u128 a, u128 b) {
  u64 h = mul_high(low(a), low(b)) + high(a) * low(b) + low(a) * high(b);
  return join(h, low(a) * low(b));
}

// Dividing the wrapped product back costs one instruction, less than finding the high half.
INLINE u64 umul64(u64 a, u64 b, char *overflow) {
  u64 p = a * b;
  *overflow = a != 0 && opaque(p) / a != b;
  return p;
}
LOWERED u64 sbf_umulo_i64_parts(u64 a, u64 b, char *overflow) { return umul64(a, b, overflow); }

LOWERED u64 sbf_smulo_i64_parts(i64 a, i64 b, char *overflow) {
  u64 x = a < 0 ? -(u64)a : (u64)a, y = b < 0 ? -(u64)b : (u64)b;
  u64 negative = (u64)(a ^ b) >> 63;
  char carry;
  u64 p = umul64(x, y, &carry);
  *overflow = carry || p > 0x7fffffffffffffffULL + negative;
  return (u64)a * (u64)b;
}

// At least one operand has a high limb. With both it overflows for certain.
static OUTLINE u64 umul128_high(u64 al, u64 ah, u64 bl, u64 bh, char *overflow) {
  u64 cross_high = mul_high(ah, bl) | mul_high(al, bh);
  u64 x = ah * bl, y = al * bh;
  u64 h1 = mul_high(al, bl) + x;
  u64 h2 = h1 + y;
  *overflow = (ah != 0 && bh != 0) || cross_high != 0 || h1 < x || h2 < y;
  return h2;
}
INLINE u128 umul128(u128 a, u128 b, char *overflow) {
  if ((high(a) | high(b)) == 0) {
    *overflow = 0;
    return mul_wide(low(a), low(b));
  }
  return join(umul128_high(low(a), high(a), low(b), high(b), overflow), low(a) * low(b));
}
LOWERED u128 sbf_umulo_i128_parts(u128 a, u128 b, char *overflow) { return umul128(a, b, overflow); }

LOWERED u128 sbf_smulo_i128_parts(i128 a, i128 b, char *overflow) {
  u64 negative = (high((u128)a) ^ high((u128)b)) >> 63;
  char carry;
  u128 p = umul128(magnitude(a), magnitude(b), &carry);
  u64 limit = 1ULL << 63;
  *overflow = carry || high(p) > limit || (high(p) == limit && !(negative && low(p) == 0));
  return negative ? negate(p) : p;
}
