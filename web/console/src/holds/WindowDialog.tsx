import { useState } from 'react';
import { change } from '../api/client.ts';
import { useRead } from '../api/hooks.ts';
import { CreateFreezeWindowDocument, ServiceNamesDocument, type Weekday } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { FormDialog } from '../ui/FormDialog.tsx';

const DAYS: Weekday[] = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'];

/** Asks when a freeze window is open, for which services, and why. */
export function WindowDialog({ onClose, changed }: { onClose: () => void; changed: () => void }) {
  const { t } = useWords();
  const names = useRead(ServiceNamesDocument, {}, () => false);
  const [services, setServices] = useState<string[]>([]);
  const [days, setDays] = useState<Weekday[]>(['FRIDAY']);
  const [from, setFrom] = useState('16:00');
  const [to, setTo] = useState('24:00');
  const [timeZone, setTimeZone] = useState(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [reason, setReason] = useState('');
  const [includeReverts, setIncludeReverts] = useState(false);
  const send = async () => {
    const input = { services: services.length ? services : null, days, from, to, timeZone, reason, includeReverts };
    const { createFreezeWindow } = await change(CreateFreezeWindowDocument, { input });
    changed();
    return createFreezeWindow?.userErrors ?? [];
  };
  return (
    <FormDialog title={t.makeWindow} button={t.makeWindow} leave={t.cancel} send={send} onClose={onClose}>
      <fieldset>
        <legend>{t.windowDays}</legend>
        {DAYS.map(day => (
          <label key={day} className="check">
            <input
              type="checkbox"
              checked={days.includes(day)}
              onChange={() => setDays(DAYS.filter(other => (other === day) !== days.includes(other)))}
            />
            {t.weekdays[day]}
          </label>
        ))}
      </fieldset>
      <div className="row">
        <label>
          {t.windowFrom}
          <input value={from} size={6} placeholder="HH:MM" onChange={event => setFrom(event.target.value)} required />
        </label>
        <label>
          {t.windowTo}
          <input value={to} size={6} placeholder="HH:MM" onChange={event => setTo(event.target.value)} required />
        </label>
        <label>
          {t.timeZone}
          <input value={timeZone} onChange={event => setTimeZone(event.target.value)} required />
        </label>
      </div>
      <label>
        {t.windowServices}
        <select multiple value={services} onChange={event => setServices([...event.target.selectedOptions].map(({ value }) => value))}>
          {names.data?.services.nodes.map(({ id, name }) => (
            <option key={id}>{name}</option>
          ))}
        </select>
      </label>
      <label>
        {t.why}
        <input value={reason} onChange={event => setReason(event.target.value)} required />
      </label>
      <label className="check">
        <input type="checkbox" checked={includeReverts} onChange={event => setIncludeReverts(event.target.checked)} />
        {t.freezeReverts}
      </label>
    </FormDialog>
  );
}
