/** A label as it is written in an address, `key=value`, as the API takes it. A value may contain further signs of equality. */
export function labelInput(text: string): { key: string; value: string } {
  const at = text.indexOf('=');
  return at < 0 ? { key: text, value: '' } : { key: text.slice(0, at), value: text.slice(at + 1) };
}
