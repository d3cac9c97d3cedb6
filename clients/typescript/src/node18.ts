// Node 18 has the browser's `crypto` under another name. Import this first there:
// `import '@primis/client/node18';`. It changes nothing elsewhere.

import { webcrypto } from 'node:crypto';

if (!('crypto' in globalThis)) {
  Object.defineProperty(globalThis, 'crypto', { value: webcrypto, configurable: true });
}
