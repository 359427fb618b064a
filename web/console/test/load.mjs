// Loads a module of the console that needs no browser.

import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

/** The exports of `src/NAME.ts`. */
export async function load(name) {
  const entry = fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url));
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, write: false, format: 'esm', target: 'es2022' });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}
