// Writes src/generated from the program's IDL and the API's OpenAPI document. The same input gives
// the same bytes.

import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { createFromRoot } from 'codama';
import { rootNodeFromAnchor } from '@codama/nodes-from-anchor';
import { renderVisitor } from '@codama/renderers-js';
import openapiTS, { astToString } from 'openapi-typescript';

import { addPdas, defaultAccounts } from './pdas.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..', '..');
const generated = join(here, '..', 'src', 'generated');

const read = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

/** Puts what an alias of a type stands for in its place: the generator knows no aliases. */
function withoutAliases(idl) {
  const aliases = new Map(
    idl.types.filter(({ type }) => type.kind === 'type').map(({ name, type }) => [name, type.alias]),
  );
  const inline = (node) => {
    if (Array.isArray(node)) return node.map(inline);
    if (node === null || typeof node !== 'object') return node;
    if (aliases.has(node.defined?.name)) return inline(aliases.get(node.defined.name));
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, inline(value)]));
  };
  return inline({ ...idl, types: idl.types.filter(({ type }) => type.kind !== 'type') });
}

/** Node's modules name files: `../programs` becomes `../programs/index.js`. */
function nameFiles(folder) {
  for (const entry of readdirSync(folder)) {
    const path = join(folder, entry);
    if (statSync(path).isDirectory()) {
      nameFiles(path);
      continue;
    }
    const text = readFileSync(path, 'utf8').replace(/(from\s+["'])(\.[^"']*)(["'])/g, (_, before, name, after) => {
      const isFolder = statSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory();
      return `${before}${name}${isFolder ? '/index.js' : '.js'}${after}`;
    });
    writeFileSync(path, text);
  }
}

rmSync(generated, { recursive: true, force: true });

const codama = createFromRoot(rootNodeFromAnchor(withoutAliases(read('programs/idl/staking_vault.json'))));
addPdas(codama);
defaultAccounts(codama);
const program = join(generated, 'program');
await codama.accept(renderVisitor(program, { formatCode: true }));
nameFiles(program);

// What only operators ask is no part of a client.
const document = read('app-api/openapi.json');
for (const [path, operations] of Object.entries(document.paths)) {
  if (Object.values(operations).some(({ tags }) => tags?.includes('internal'))) delete document.paths[path];
}
const types = await openapiTS(document, { alphabetize: true });
const header = '// Generated from app-api/openapi.json.\n\n';
writeFileSync(join(generated, 'api.ts'), header + astToString(types));
