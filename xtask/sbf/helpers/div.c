// 128-bit division on 64-bit limbs. Quotient and remainder leave through memory because a BPF
// function returns one register.
#include "wide.h"

// Leading zeros of a value that is not zero, by halving. The target has no instruction for it, and
// what LLVM puts in its place counts all bits.
INLINE int leading_zeros(u64 x) {
  int n = 0;
  if (!(x >> 32)) n += 32, x <<= 32;
  if (!(x >> 48)) n += 16, x <<= 16;
  if (!(x >> 56)) n += 8, x <<= 8;
  if (!(x >> 60)) n += 4, x <<= 4;
  if (!(x >> 62)) n += 2, x <<= 2;
  return n + !(x >> 63);
}

// (u1:u0) / v for u1 < v: Knuth's algorithm D for two base-2^32 digits. Returns the quotient.
INLINE u64 divide_limbs(u64 u1, u64 u0, u64 v, u64 *remainder) {
  int s = leading_zeros(v);
  v <<= s;
  u64 vh = v >> 32, vl = (unsigned)v;
  u64 x = s ? (u1 << s) | (u0 >> (64 - s)) : u1, y = u0 << s;
  u64 yh = y >> 32, yl = (unsigned)y;
  u64 q1 = x / vh, t = x - q1 * vh;
  while ((q1 >> 32) || q1 * vl > ((t << 32) | yh)) {
    q1--;
    t += vh;
    if (t >> 32) break;
  }
  u64 z = (x << 32) + yh - q1 * v;
  u64 q0 = z / vh;
  t = z - q0 * vh;
  while ((q0 >> 32) || q0 * vl > ((t << 32) | yl)) {
    q0--;
    t += vh;
    if (t >> 32) break;
  }
  *remainder = ((z << 32) + yl - q0 * v) >> s;
  return (q1 << 32) + q0;
}

// The quotient alone, which is what most callers want.
static OUTLINE u64 divide_by_limb(u64 u1, u64 u0, u64 v) {
  u64 unused;
  return divide_limbs(u1, u0, v, &unused);
}

struct quotient {
  u64 q_low, q_high, r_low, r_high;
};

static OUTLINE void divide(struct quotient *out, u64 al, u64 ah, u64 bl, u64 bh) {
  if (bh == 0) {
    out->q_high = ah / bl;
    out->q_low = divide_limbs(ah % bl, al, bl, &out->r_low);
    out->r_high = 0;
    return;
  }
  out->q_high = 0;
  if (ah < bh || (ah == bh && al < bl)) {
    out->q_low = 0;
    out->r_low = al;
    out->r_high = ah;
    return;
  }
  // Both have a high limb: the quotient fits in 64 bits. Divide by the normalised high limb; the
  // estimate is at most one too large (Hacker's Delight, 9-5), so subtract one and correct once.
  int n = leading_zeros(bh);
  u64 v = n ? (bh << n) | (bl >> (64 - n)) : bh;
  u64 q = divide_by_limb(ah >> 1, (ah << 63) | (al >> 1), v);
  q >>= 63 - n;
  if (q) q--;
  u64 w_low = q * bl, w_high = mul_high(q, bl) + q * bh;
  u64 r_low = al - w_low, r_high = ah - w_high - (al < w_low);
  if (r_high > bh || (r_high == bh && r_low >= bl)) {
    q++;
    u64 borrow = r_low < bl;
    r_low -= bl;
    r_high -= bh + borrow;
  }
  out->q_low = q;
  out->r_low = r_low;
  out->r_high = r_high;
}

// Amounts that fit in one limb are the common case and cost one native division.
INLINE u128 udiv(u128 a, u128 b) {
  if ((high(a) | high(b)) == 0) return low(a) / low(b);
  if (high(b) == 0) {
    u64 q = high(a) / low(b);
    return join(q, divide_by_limb(high(a) - q * low(b), low(a), low(b)));
  }
  struct quotient out;
  divide(&out, low(a), high(a), low(b), high(b));
  return join(out.q_high, out.q_low);
}
INLINE u128 urem(u128 a, u128 b) {
  if ((high(a) | high(b)) == 0) return low(a) % low(b);
  struct quotient out;
  divide(&out, low(a), high(a), low(b), high(b));
  return join(out.r_high, out.r_low);
}

LOWERED u128 sbf_udiv_i128(u128 a, u128 b) { return udiv(a, b); }
LOWERED u128 sbf_urem_i128(u128 a, u128 b) { return urem(a, b); }
LOWERED i128 sbf_sdiv_i128(i128 a, i128 b) {
  u128 q = udiv(magnitude(a), magnitude(b));
  return (i128)((a < 0) != (b < 0) ? negate(q) : q);
}
LOWERED i128 sbf_srem_i128(i128 a, i128 b) {
  u128 r = urem(magnitude(a), magnitude(b));
  return (i128)(a < 0 ? negate(r) : r);
}

// BPF before cpu v4 has no signed division of any width; narrower widths are extended to this one.
LOWERED i64 sbf_sdiv_i64(i64 a, i64 b) {
  u64 x = a < 0 ? -(u64)a : (u64)a, y = b < 0 ? -(u64)b : (u64)b, q = x / y;
  return (i64)((a ^ b) < 0 ? -q : q);
}
LOWERED i64 sbf_srem_i64(i64 a, i64 b) {
  u64 x = a < 0 ? -(u64)a : (u64)a, y = b < 0 ? -(u64)b : (u64)b, r = x % y;
  return (i64)(a < 0 ? -r : r);
}
