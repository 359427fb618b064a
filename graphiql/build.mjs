// Builds the page into dist/, each file compressed as it is served. With --check it writes nothing, and fails if
// dist/ is not what the sources give.

import { build } from 'esbuild';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { licenses } from './licenses.mjs';

const here = new URL('.', import.meta.url);
const path = name => fileURLToPath(new URL(name, here));

/** Puts our own, smaller files where two of the libraries ask for theirs. */
const smaller = {
  name: 'smaller',
  setup(build) {
    build.onResolve({ filter: /\/edcore\.main\.js$/ }, () => ({ path: path('src/monaco.ts') }));
    build.onResolve({ filter: /\/jsonc\.js$/ }, ({ importer }) =>
      importer.includes('/@graphiql/react/') ? { path: path('src/jsonc.ts') } : undefined,
    );
  },
};

const common = {
  absWorkingDir: path('.'),
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  target: 'es2022',
  define: { 'process.env.NODE_ENV': '"production"' },
  legalComments: 'none',
  outdir: 'dist',
  logLevel: 'warning',
};

const bundles = await Promise.all([
  build({
    ...common,
    entryPoints: { main: 'src/main.tsx' },
    format: 'esm',
    jsx: 'automatic',
    loader: { '.ttf': 'file' },
    assetNames: '[name]',
    plugins: [smaller],
  }),
  build({
    ...common,
    entryPoints: {
      'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
      'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
      'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
    },
    format: 'iife',
  }),
]);

const files = new Map([
  ['index.html', await readFile(path('src/index.html'))],
  ['licenses.txt', Buffer.from(await licenses(path('.'), bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs))))],
]);
for (const { path: file, contents } of bundles.flatMap(({ outputFiles }) => outputFiles)) {
  files.set(file.split('/').at(-1), Buffer.from(contents));
}

if (process.argv.includes('--check')) {
  await check();
} else {
  await write();
}

async function write() {
  await rm(path('dist'), { recursive: true, force: true });
  await mkdir(path('dist'));
  let total = 0;
  for (const [name, bytes] of files) {
    const compressed = gzipSync(bytes, { level: 9 });
    total += compressed.length;
    await writeFile(path(`dist/${name}.gz`), compressed);
    console.log(`${name}: ${bytes.length} bytes, compressed ${compressed.length}`);
  }
  console.log(`together ${total} bytes`);
}

/** Compares what is in the files, since compressors differ. */
async function check() {
  const wanted = [...files.keys()].map(name => `${name}.gz`).sort();
  const there = (await readdir(path('dist'))).sort();
  const differing = [];
  for (const name of wanted.filter(name => there.includes(name))) {
    if (!gunzipSync(await readFile(path(`dist/${name}`))).equals(files.get(name.slice(0, -3)))) {
      differing.push(name);
    }
  }
  if (differing.length || wanted.join() !== there.join()) {
    console.error(`dist/ is not what the sources give (${differing.join(', ') || 'other files'}): run npm run build`);
    process.exit(1);
  }
  console.log(`dist/ is what the sources give: ${wanted.length} files`);
}
