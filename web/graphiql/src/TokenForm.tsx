import type { FormEvent } from 'react';

/** Asks for the token, and says why the one before did not do. */
export function TokenForm({ problem, onToken }: { problem: string | null; onToken: (token: string) => void }) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = new FormData(event.currentTarget).get('token');
    if (typeof token === 'string' && token.trim()) {
      onToken(token.trim());
    }
  };
  return (
    <form className="lockkeeper-token" onSubmit={submit}>
      <h1>lockkeeper</h1>
      <label>
        Token
        <input name="token" type="password" placeholder="lk_…" autoComplete="off" autoFocus required />
      </label>
      {problem && <p role="alert">{problem}</p>}
      <p>
        It is kept for this tab only. <code>lockkeeper token create --name NAME --role VIEWER</code> makes one.
      </p>
      <button>Open GraphiQL</button>
      <footer>
        <a href="graphiql/licenses.txt">Licenses of what this page is made of</a>
      </footer>
    </form>
  );
}
