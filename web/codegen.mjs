// Makes console/src/gql/ from schema.graphql and the console's documents: their types, and which types of the schema have
// no id, for the cache. With --check it writes nothing, and fails if the folder is not what they give.

import { generate } from '@graphql-codegen/cli';
import { buildSchema, isObjectType } from 'graphql';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
const folder = `${root}console/src/gql/`;
const schema = `${root}../schema.graphql`;

const files = await generate(
  {
    cwd: root,
    schema,
    documents: 'console/src/**/*.graphql',
    silent: true,
    errorsOnly: true,
    generates: {
      'console/src/gql/': {
        preset: 'client',
        presetConfig: { fragmentMasking: false },
        config: {
          documentMode: 'string',
          enumsAsTypes: true,
          useTypeImports: true,
          scalars: { DateTime: 'string', Cursor: 'string', JSON: 'unknown' },
        },
      },
    },
  },
  false,
);
// Of what the preset makes, the console uses the documents and their types.
const made = new Map(
  files
    .filter(({ filename }) => filename.endsWith('/graphql.ts'))
    // What no page uses is left out of the bundle only if making it is known to do nothing else.
    .map(({ filename, content }) => [basename(filename), content.replaceAll('= new Typed', '= /* @__PURE__ */ new Typed')]),
);
made.set('keys.ts', keys(buildSchema(await readFile(schema, 'utf8'))));

/** Objects without an id are parts of the object that they were read with. */
function keys(schema) {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const without = Object.values(schema.getTypeMap())
    .filter(type => isObjectType(type) && !type.name.startsWith('__') && !roots.includes(type) && !type.getFields().id)
    .map(({ name }) => `  ${name}: () => null,\n`);
  return `/** Types without an id, in the form that the cache asks for. */\nexport const KEYS = {\n${without.sort().join('')}};\n`;
}

if (process.argv.includes('--check')) {
  const there = (await readdir(folder)).sort();
  const differing = there.filter(name => !made.has(name));
  for (const [name, content] of made) {
    if (!there.includes(name) || (await readFile(folder + name, 'utf8')) !== content) {
      differing.push(name);
    }
  }
  if (differing.length) {
    console.error(`console/src/gql/ is not what the schema gives (${differing.join(', ')}): run npm run build`);
    process.exit(1);
  }
} else {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [name, content] of made) {
    await writeFile(folder + name, content);
  }
}
