import { useState } from 'react';
import { hint } from '../../../common/token.ts';
import { signIn } from '../api/session.ts';
import { useWords } from '../i18n/language.tsx';
import { Modal } from '../ui/Modal.tsx';

function TokenForm() {
  const { t } = useWords();
  const [token, setToken] = useState('');
  return (
    <form
      onSubmit={event => {
        event.preventDefault();
        signIn(token.trim());
      }}
    >
      <label>
        {t.token}
        <input
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={token}
          onChange={event => setToken(event.target.value)}
          required
          autoFocus
        />
      </label>
      <p className="faint">
        {t.tokenHow} <code>lockkeeper token create --name me --role operator</code>
      </p>
      <p className="buttons">
        <button className="strong">{t.signIn}</button>
      </p>
    </form>
  );
}

/** Asks for a token before anything is shown. */
export function SignIn({ refused }: { refused: boolean }) {
  const { t } = useWords();
  return (
    <main className="alone">
      <h1>lockkeeper</h1>
      {refused && <p role="alert">{t.tokenRefused}</p>}
      <TokenForm />
    </main>
  );
}

/** Asks for another token above the page, which stays as it is. */
export function EndedDialog() {
  const { t } = useWords();
  return (
    <Modal title={t.tokenEnded}>
      <p>{t.tokenEndedWhy}</p>
      <TokenForm />
    </Modal>
  );
}

/** A link brought a token, and the tab has another one. */
export function TokenChoice({ token, brought, onChoice }: { token: string; brought: string; onChoice: (token: string) => void }) {
  const { t } = useWords();
  return (
    <main className="alone" role="alertdialog" aria-label={t.tokenChoice}>
      <h1>{t.tokenChoice}</h1>
      <p>{t.tokenChoiceWhy(hint(brought), hint(token))}</p>
      <p className="buttons">
        <button className="strong" onClick={() => onChoice(token)}>
          {t.keepToken}
        </button>
        <button onClick={() => onChoice(brought)}>{t.useLinkToken}</button>
      </p>
    </main>
  );
}
