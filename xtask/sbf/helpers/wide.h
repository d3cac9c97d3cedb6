// Shared pieces of the arithmetic helpers: a 128-bit integer seen as two 64-bit limbs.
//
// Every sBPF instruction costs one compute unit, division too, so the helpers count instructions
// and trade multiplications for a division where that is shorter.
#pragma once

typedef unsigned __int128 u128;
typedef __int128 i128;
typedef unsigned long long u64;
typedef long long i64;

#define INLINE static inline __attribute__((always_inline))
// A helper the lowering calls by name and that is folded into its caller.
#define LOWERED __attribute__((always_inline))
#define OUTLINE __attribute__((noinline))

INLINE u64 low(u128 x) { return (u64)x; }
INLINE u64 high(u128 x) { return (u64)(x >> 64); }
INLINE u128 join(u64 h, u64 l) { return ((u128)h << 64) | (u128)l; }
INLINE u128 negate(u128 x) { return ~x + 1; }
INLINE u128 magnitude(i128 x) { return x < 0 ? negate((u128)x) : (u128)x; }

// Hides where a value came from, at no cost. Without it LLVM recognises these very algorithms and
// turns them back into the wide operation they stand in for.
INLINE u64 opaque(u64 x) {
  __asm__("" : "+r"(x));
  return x;
}

// The high 64 bits of `a * b`, from four products of 32-bit halves. The low 64 bits are `a * b`.
INLINE u64 mul_high(u64 a, u64 b) {
  u64 al = (unsigned)a, ah = a >> 32, bl = (unsigned)b, bh = b >> 32;
  u64 lh = opaque(al * bh);
  u64 mid = ah * bl + ((al * bl) >> 32); // cannot overflow: (2^32-1)^2 + 2^32-1 < 2^64
  u64 sum = (unsigned)mid + lh;          // the same bound
  return ah * bh + (mid >> 32) + (sum >> 32);
}

INLINE u128 mul_wide(u64 a, u64 b) { return join(mul_high(a, b), a * b); }
