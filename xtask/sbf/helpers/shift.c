// Shifts of a 128-bit value by an amount known only at run time. LLVM leaves amounts of 128 and
// more undefined, so the masked amount is as good as any.
#include "wide.h"

INLINE u128 shl(u128 a, u64 n) {
  n &= 127;
  u64 l = low(a), h = high(a);
  if (n == 0) return a;
  if (n >= 64) return join(l << (n - 64), 0);
  return join((h << n) | (l >> (64 - n)), l << n);
}
INLINE u128 lshr(u128 a, u64 n) {
  n &= 127;
  u64 l = low(a), h = high(a);
  if (n == 0) return a;
  if (n >= 64) return join(0, h >> (n - 64));
  return join(h >> n, (l >> n) | (h << (64 - n)));
}

LOWERED u128 sbf_shl_i128(u128 a, u128 n) { return shl(a, low(n)); }
LOWERED u128 sbf_lshr_i128(u128 a, u128 n) { return lshr(a, low(n)); }
LOWERED i128 sbf_ashr_i128(i128 a, u128 amount) {
  u64 n = low(amount) & 127, l = low((u128)a);
  i64 h = (i64)high((u128)a);
  if (n == 0) return a;
  if (n >= 64) return (i128)join((u64)(h >> 63), (u64)(h >> (n - 64)));
  return (i128)join((u64)(h >> n), (l >> n) | ((u64)h << (64 - n)));
}

// Funnel shifts, which rotate_left and rotate_right become.
LOWERED u128 sbf_fshl_i128(u128 a, u128 b, u128 n) {
  u64 s = low(n) & 127;
  return s == 0 ? a : shl(a, s) | lshr(b, 128 - s);
}
LOWERED u128 sbf_fshr_i128(u128 a, u128 b, u128 n) {
  u64 s = low(n) & 127;
  return s == 0 ? b : shl(a, 128 - s) | lshr(b, s);
}
