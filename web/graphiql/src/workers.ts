// Monaco checks and completes in workers. They are files beside this one.

const FILES: Record<string, string> = { graphql: 'graphql.worker.js', json: 'json.worker.js' };

Object.assign(globalThis, {
  MonacoEnvironment: {
    getWorker: (_: string, label: string) =>
      new Worker(new URL(FILES[label] ?? 'editor.worker.js', import.meta.url), { name: label }),
  },
});
