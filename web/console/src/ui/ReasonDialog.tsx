import { useState } from 'react';
import type { ProblemFragment } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { FormDialog } from './FormDialog.tsx';
import { HoursChoice, inHours } from './HoursChoice.tsx';

export interface Given {
  reason: string;
  until: string | null;
  includeReverts: boolean;
}

/** Asks why, and until when, and sends it; closes when nothing is wrong with it. */
export function ReasonDialog({
  title,
  button,
  reverts = false,
  untilAsked = true,
  reasonNeeded = true,
  send,
  onClose,
}: {
  title: string;
  button: string;
  reverts?: boolean;
  /** Whether it can end by itself. */
  untilAsked?: boolean;
  /** Whether it must be said why. */
  reasonNeeded?: boolean;
  send: (given: Given) => Promise<readonly ProblemFragment[]>;
  onClose: () => void;
}) {
  const { t } = useWords();
  const [reason, setReason] = useState('');
  const [hours, setHours] = useState(0);
  const [includeReverts, setIncludeReverts] = useState(false);
  const sendGiven = () => send({ reason, until: hours ? inHours(hours).toISOString() : null, includeReverts });
  return (
    <FormDialog title={title} button={button} leave={t.cancel} send={sendGiven} onClose={onClose}>
      <label>
        {t.why}
        <input value={reason} onChange={event => setReason(event.target.value)} required={reasonNeeded} autoFocus />
      </label>
      {untilAsked && (
        <label>
          {t.howLong}
          <HoursChoice hours={hours} set={setHours} none={t.untilEnded} />
        </label>
      )}
      {reverts && (
        <label className="check">
          <input type="checkbox" checked={includeReverts} onChange={event => setIncludeReverts(event.target.checked)} />
          {t.freezeReverts}
        </label>
      )}
    </FormDialog>
  );
}
