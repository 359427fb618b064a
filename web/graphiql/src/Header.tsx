import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import type { Example } from './examples';
import type { Viewer } from './fleet';

/** Beside the tabs: who is asking, more examples, a second window. */
export function Header({ viewer, examples, onForget }: { viewer: Viewer; examples: Example[]; onForget: () => void }) {
  const { addTab } = useGraphiQLActions();
  const queryEditor = useGraphiQL(state => state.queryEditor);
  const variableEditor = useGraphiQL(state => state.variableEditor);
  const open = (example: Example | undefined) => {
    if (example) {
      addTab();
      queryEditor?.setValue(example.query);
      variableEditor?.setValue(example.variables);
    }
  };
  return (
    <div className="lockkeeper-header">
      <select
        aria-label="Open an example"
        value=""
        onChange={event => open(examples.find(({ title }) => title === event.target.value))}
      >
        <option value="">Examples</option>
        {examples.map(({ title }) => (
          <option key={title}>{title}</option>
        ))}
      </select>
      {/* The browser hands this tab's storage, and the token in it, to a window that it opens. */}
      <a href={location.pathname} target="_blank" rel="opener">
        New window
      </a>
      <span title={`The token's name and role`}>
        {viewer.name} · {viewer.role}
      </span>
      <button type="button" onClick={onForget}>
        Change token
      </button>
    </div>
  );
}
