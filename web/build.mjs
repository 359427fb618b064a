// Builds the pages into dist/, each file compressed as it is served, and the list of them that the server includes.
// With --check it writes nothing, and fails if dist/ is not what the sources give, or if the first page of the console has
// become too large.

import { build } from 'esbuild';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { licenses } from './licenses.mjs';

/** What a browser loads before it shows the first page of the console, compressed. */
const FIRST_ROUTE_BYTES = 130 * 1024;

const here = new URL('.', import.meta.url);
const path = name => fileURLToPath(new URL(name, here));

/** Puts our own, smaller files where two of the libraries ask for theirs. */
const smaller = {
  name: 'smaller',
  setup(build) {
    build.onResolve({ filter: /\/edcore\.main\.js$/ }, () => ({ path: path('graphiql/src/monaco.ts') }));
    build.onResolve({ filter: /\/jsonc\.js$/ }, ({ importer }) =>
      importer.includes('/@graphiql/react/') ? { path: path('graphiql/src/jsonc.ts') } : undefined,
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
  logLevel: 'warning',
};

const page = { ...common, format: 'esm', jsx: 'automatic' };
const graphiql = [
  build({
    ...page,
    outdir: 'dist/graphiql',
    entryPoints: { main: 'graphiql/src/main.tsx' },
    loader: { '.ttf': 'file' },
    assetNames: '[name]',
    plugins: [smaller],
  }),
  build({
    ...common,
    outdir: 'dist/graphiql',
    entryPoints: {
      'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
      'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
      'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
    },
    format: 'iife',
  }),
];
const console_ = [
  build({
    ...page,
    outdir: 'dist/console',
    entryPoints: { main: 'console/src/main.tsx' },
    splitting: true,
    chunkNames: '[name]-[hash]',
  }),
];

const files = new Map();
const firstRoute = new Set(['console/index.html', 'console/main.css']);
for (const [name, bundles, copied] of [
  ['console', await Promise.all(console_), ['index.html', 'icon.svg']],
  ['graphiql', await Promise.all(graphiql), ['index.html']],
]) {
  for (const file of copied) {
    files.set(`${name}/${file}`, await readFile(path(`${name}/src/${file}`)));
  }
  const inputs = bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  files.set(`${name}/licenses.txt`, Buffer.from(await licenses(path('.'), inputs)));
  for (const { path: file, contents } of bundles.flatMap(({ outputFiles }) => outputFiles)) {
    files.set(`${name}/${file.split('/').at(-1)}`, Buffer.from(contents));
  }
}
for (const output of loadedFirst((await console_[0]).metafile.outputs)) {
  firstRoute.add(output.replace('dist/', ''));
}

const compressed = new Map([...files].map(([name, bytes]) => [name, gzipSync(bytes, { level: 9 })]));
const firstBytes = [...firstRoute].reduce((sum, name) => sum + compressed.get(name).length, 0);
console.log(`The first page of the console: ${firstBytes} bytes compressed, of ${FIRST_ROUTE_BYTES}`);
if (firstBytes > FIRST_ROUTE_BYTES) {
  console.error('The first page of the console is too large: load what it does not need when it is needed');
  process.exit(1);
}

if (process.argv.includes('--check')) {
  await check();
} else {
  await write();
}

/** The scripts that `/` loads: the entry, the page at `/`, and all that these import at once. */
function loadedFirst(outputs) {
  const overview = Object.keys(outputs).find(name => outputs[name].entryPoint === 'console/src/overview/Overview.tsx');
  const seen = new Set();
  const waiting = ['dist/console/main.js', overview];
  for (let output = waiting.pop(); output; output = waiting.pop()) {
    if (!seen.has(output)) {
      seen.add(output);
      const now = outputs[output].imports.filter(({ kind, external }) => kind === 'import-statement' && !external);
      waiting.push(...now.map(({ path }) => path));
    }
  }
  return seen;
}

/** The list that the server includes: the name of each file, which also says its type, and its bytes. */
function list() {
  const rows = [...files.keys()].sort().map(name => {
    return `    ("${name}", include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/web/dist/${name}.gz"))),\n`;
  });
  return `// Made by web/build.mjs.\n[\n${rows.join('')}]\n`;
}

async function write() {
  await rm(path('dist'), { recursive: true, force: true });
  let total = 0;
  for (const [name, bytes] of compressed) {
    total += bytes.length;
    await mkdir(dirname(path(`dist/${name}`)), { recursive: true });
    await writeFile(path(`dist/${name}.gz`), bytes);
    console.log(`${name}: ${files.get(name).length} bytes, compressed ${bytes.length}`);
  }
  await writeFile(path('dist/files.rs'), list());
  console.log(`together ${total} bytes`);
}

/** Compares what is in the files, since compressors differ. */
async function check() {
  const wanted = [...files.keys()].map(name => `${name}.gz`).concat('files.rs').sort();
  const entries = await readdir(path('dist'), { recursive: true, withFileTypes: true });
  const there = entries
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`.slice(path('dist/').length))
    .sort();
  const differing = wanted.filter(name => !there.includes(name)).concat(there.filter(name => !wanted.includes(name)));
  for (const name of wanted.filter(name => there.includes(name))) {
    const bytes = await readFile(path(`dist/${name}`));
    const same = name === 'files.rs' ? bytes.equals(Buffer.from(list())) : gunzipSync(bytes).equals(files.get(name.slice(0, -3)));
    if (!same) {
      differing.push(name);
    }
  }
  if (differing.length) {
    console.error(`dist/ is not what the sources give (${differing.join(', ')}): run npm run build`);
    process.exit(1);
  }
  console.log(`dist/ is what the sources give: ${wanted.length} files`);
}
