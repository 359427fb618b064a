import { hint } from '../../common/token';

interface TokenChoiceProps {
  token: string;
  brought: string;
  onChoice: (token: string) => void;
}

/** Asks whether the token of a link may take the place of the one that this tab has. */
export function TokenChoice({ token, brought, onChoice }: TokenChoiceProps) {
  return (
    <section className="lockkeeper-token" role="alertdialog" aria-labelledby="token-choice">
      <h1>lockkeeper</h1>
      <p id="token-choice">
        A link brought another token, <code>{hint(brought)}</code>. This tab works with <code>{hint(token)}</code>. With
        the token of the link, you would act under the name that it belongs to.
      </p>
      <p>
        <button type="button" autoFocus onClick={() => onChoice(token)}>
          Keep my token
        </button>{' '}
        <button type="button" onClick={() => onChoice(brought)}>
          Use the token of the link
        </button>
      </p>
    </section>
  );
}
