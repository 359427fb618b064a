// What graphql-js says about a request: reads one as JSON from each line, and writes a line with whether it may be
// executed, and with which values of its variables.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { buildSchema, getOperationAST, getVariableValues, parse, validate } from 'graphql';

const schema = buildSchema(readFileSync(process.argv[2], 'utf8'));

function verdict({ query, variables }) {
  let document;
  try {
    document = parse(query);
  } catch (error) {
    return { refused: error.message };
  }
  const errors = validate(schema, document);
  if (errors.length) return { refused: errors.map((error) => error.message).join('\n') };
  const operation = getOperationAST(document);
  if (!operation) return { refused: 'Which operation is meant is not known.' };
  const { errors: wrong, coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
  return wrong ? { refused: wrong.map((error) => error.message).join('\n') } : { values: coerced };
}

function judged(request) {
  let judgement;
  try {
    judgement = verdict(request);
  } catch (error) {
    // Some of its rules throw where others report.
    judgement = { refused: error.message };
  }
  // A message may repeat half of a surrogate pair, which other readers of JSON refuse.
  return { ...judgement, refused: judgement.refused?.toWellFormed() };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(judged(JSON.parse(line)))}\n`);
}
