import { useState } from 'react';
import { change } from '../api/client.ts';
import { ConfirmInstanceDocument, type InstanceRowFragment } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { FormDialog } from '../ui/FormDialog.tsx';

/** Asks what was found on a host that nobody knows about. */
export function ConfirmDialog({ instance, onClose }: { instance: InstanceRowFragment; onClose: () => void }) {
  const { t } = useWords();
  const [version, setVersion] = useState(instance.version?.name ?? '');
  const [nothing, setNothing] = useState(false);
  const send = async () => {
    const found = nothing ? { nothing: true } : { version };
    const input = { instanceId: instance.id, found, expectedRevision: instance.revision };
    const { confirmInstance } = await change(ConfirmInstanceDocument, { input });
    return confirmInstance?.userErrors ?? [];
  };
  return (
    <FormDialog
      title={t.confirmTitle(instance.service.name, instance.host.hostname)}
      button={t.confirm}
      leave={t.cancel}
      send={send}
      onClose={onClose}
    >
      <p>{t.confirmWhat}</p>
      <label className="check">
        <input type="radio" name="found" checked={!nothing} onChange={() => setNothing(false)} />
        {t.foundVersion}
      </label>
      <label>
        {t.version}
        <input value={version} onChange={event => setVersion(event.target.value)} disabled={nothing} required={!nothing} />
      </label>
      <label className="check">
        <input type="radio" name="found" checked={nothing} onChange={() => setNothing(true)} />
        {t.foundNothing}
      </label>
    </FormDialog>
  );
}
