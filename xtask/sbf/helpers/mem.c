// The memory functions the compiler may call, on the runtime's syscalls (10 compute units each).
// Copies of a constant small size never come here: the backend expands them in place.
#include "wide.h"

extern void sol_memmove_(void *to, const void *from, u64 n);
extern void sol_memset_(void *to, unsigned char byte, u64 n);
extern void sol_memcmp_(const void *a, const void *b, u64 n, int *result);

// memmove also for memcpy: LLVM may copy a region onto itself, which sol_memcpy_ refuses.
OUTLINE void *memcpy(void *to, const void *from, u64 n) {
  sol_memmove_(to, from, n);
  return to;
}
OUTLINE void *memmove(void *to, const void *from, u64 n) {
  sol_memmove_(to, from, n);
  return to;
}
OUTLINE void *memset(void *to, int byte, u64 n) {
  sol_memset_(to, (unsigned char)byte, n);
  return to;
}
OUTLINE int memcmp(const void *a, const void *b, u64 n) {
  int result = 0;
  sol_memcmp_(a, b, n, &result);
  return result;
}
OUTLINE int bcmp(const void *a, const void *b, u64 n) {
  int result = 0;
  sol_memcmp_(a, b, n, &result);
  return result;
}
