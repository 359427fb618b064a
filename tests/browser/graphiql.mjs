// GraphiQL's page, as a person uses it.

/** A page with GraphiQL on it, ready to be used. */
export async function ready(page) {
  await page.locator('.graphiql-query-editor .monaco-editor').waitFor();
  // The documentation is there when the schema is.
  await page.locator('.graphiql-spinner').waitFor({ state: 'detached' });
  return page;
}

/** Presses the button that runs what the tab says. */
export async function run(page, tab) {
  await page.locator(`.graphiql-tab-button[title=${tab}]`).first().click();
  await page.getByRole('button', { name: /^Execute query/ }).click();
}

/** Puts words into an editor of the page, in place of what is there. It closes brackets by itself. */
export async function write(page, editor, words) {
  await page.locator(`${editor} .monaco-editor`).first().click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(words);
}

/** What an editor has in it: `operation.graphql`, `variables.json` or `response.json`. */
export function text(page, file) {
  return page.evaluate(
    name => globalThis.__MONACO.editor.getModels().find(({ uri }) => uri.path.endsWith(name)).getValue(),
    file,
  );
}

/** What the editors underline. */
export function complaints(page) {
  return page.evaluate(() =>
    globalThis.__MONACO.editor.getModelMarkers({}).map(({ resource, message }) => ({ file: resource.path, message })),
  );
}

/** What the pane for the answer says, once it says something that fits. */
export async function answer(page, fits) {
  const deadline = Date.now() + 60_000;
  let said = '';
  while (Date.now() < deadline) {
    said = await text(page, 'response.json');
    const value = said.startsWith('{') ? JSON.parse(said) : {};
    if (fits(value)) {
      return value;
    }
    await page.waitForTimeout(100);
  }
  throw new Error(`The answer never fitted; the last was ${said}`);
}
