// What these packages take for given, and Node has under this name from version 19 on.

import { webcrypto } from 'node:crypto';

globalThis.crypto ??= webcrypto;
