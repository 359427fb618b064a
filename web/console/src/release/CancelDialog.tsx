import { useState } from 'react';
import { change } from '../api/client.ts';
import { CancelReleaseDocument, type ReleaseHeadFragment } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { FormDialog } from '../ui/FormDialog.tsx';

/** Asks what is to happen with what runs, and why. */
export function CancelDialog({ release, onClose, changed }: { release: ReleaseHeadFragment; onClose: () => void; changed: () => void }) {
  const { t } = useWords();
  const [choice, setChoice] = useState<'let' | 'stop' | 'undo'>('let');
  const [reason, setReason] = useState('');
  const send = async () => {
    const input = {
      releaseId: release.id,
      stopRunning: choice !== 'let',
      thenUndo: choice === 'undo',
      reason: reason || null,
    };
    const { cancelRelease } = await change(CancelReleaseDocument, { input });
    changed();
    return cancelRelease?.userErrors ?? [];
  };
  return (
    <FormDialog
      title={`${t.cancelRelease}: ${release.id}`}
      button={t.cancelRelease}
      leave={t.close}
      send={send}
      onClose={onClose}
    >
      {(['let', 'stop', 'undo'] as const).map(each => (
        <label key={each} className="check">
          <input type="radio" name="running" checked={choice === each} onChange={() => setChoice(each)} />
          {t.cancelChoices[each]}
        </label>
      ))}
      <label>
        {t.why}
        <input value={reason} onChange={event => setReason(event.target.value)} />
      </label>
    </FormDialog>
  );
}
