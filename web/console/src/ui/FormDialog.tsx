import type { ReactNode } from 'react';
import type { ProblemFragment } from '../gql/graphql.ts';
import { Modal } from './Modal.tsx';
import { useChange } from './useChange.tsx';

/** A dialog that sends what its fields say, once at a time, and closes when nothing is wrong with it. */
export function FormDialog({
  title,
  button,
  leave,
  send,
  onClose,
  children,
}: {
  title: string;
  /** What the button that sends says. */
  button: string;
  /** What the button that only closes says. */
  leave: string;
  send: () => Promise<readonly ProblemFragment[]>;
  onClose: () => void;
  children: ReactNode;
}) {
  const { carry, busy, wrong } = useChange();
  const submit = async () => {
    if (await carry(send)) {
      onClose();
    }
  };
  return (
    <Modal title={title} onClose={onClose}>
      <form
        onSubmit={event => {
          event.preventDefault();
          void submit();
        }}
      >
        {children}
        {wrong}
        <p className="buttons">
          <button type="button" onClick={onClose}>
            {leave}
          </button>
          <button className="strong" disabled={busy}>
            {button}
          </button>
        </p>
      </form>
    </Modal>
  );
}
