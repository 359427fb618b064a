// Variables as JSON with comments. GraphiQL would bring half a megabyte of formatter for them; the parser that it
// brings anyway formats, too. The build puts this file where GraphiQL imports its own `jsonc.js`.

import { applyEdits, format } from 'jsonc-parser';

export { parseJSONC, tryParseJSONC } from '../../node_modules/@graphiql/react/dist/utility/jsonc.js';

export async function formatJSONC(text: string): Promise<string> {
  return applyEdits(text, format(text, undefined, { insertSpaces: true, tabSize: 2 }));
}
