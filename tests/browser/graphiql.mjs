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

/** What the pane for the answer says, once it says something that fits. */
export async function answer(page, fits = () => true) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const text = await page.evaluate(() => {
      const models = globalThis.__MONACO.editor.getModels();
      return models.find(({ uri }) => uri.path.endsWith('response.json')).getValue();
    });
    try {
      const said = JSON.parse(text);
      if (fits(said)) {
        return said;
      }
    } catch (error) {
      if (!(error instanceof SyntaxError) && !(error instanceof TypeError)) {
        throw error;
      }
    }
    if (Date.now() > deadline) {
      throw new Error(`The answer never fitted; the last was ${text}`);
    }
    await page.waitForTimeout(100);
  }
}
