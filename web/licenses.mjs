// The licenses of the packages that the page is made of, which ask to go with every copy.

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const ALLOWED = new Set(['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'Python-2.0', 'Unlicense']);

/** The text of all of them, by package, for the files that went into a bundle. Throws at a license that is not allowed. */
export async function licenses(root, inputs) {
  const folders = inputs.map(input => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]).filter(Boolean);
  const texts = await Promise.all([...new Set(folders)].sort().map(folder => license(join(root, folder))));
  return [...new Set(texts)].join('\n\n');
}

async function license(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  if (!ALLOWED.has(license)) {
    throw new Error(`${name} ${version} has the license ${license}, which licenses.mjs does not allow`);
  }
  const file = (await readdir(folder)).find(entry => /^licen[cs]e/i.test(entry));
  const text = file ? await readFile(join(folder, file), 'utf8') : `License: ${license}`;
  return `=== ${name} ${version} (${license}) ===\n\n${text.replaceAll('\r\n', '\n').trim()}\n`;
}
