import type { DefaultsFragment } from '../gql/graphql.ts';
import { useWords } from '../i18n/language.tsx';
import { NO_WAVES, type Request, wavesOf } from '../rules/request.ts';
import { type Wave, writeWave, writtenWaves } from '../rules/waves.ts';

/** The API takes no more waves. */
const MOST_WAVES = 20;
/** What one begins with where the service has no waves of its own: one host first, and then a look. */
const FIRST_WAVES: Wave[] = [
  { upTo: '1', failures: '', soak: '', pause: true },
  { upTo: '100%', failures: '', soak: '', pause: false },
];

/** The waves of a release: those of the service, others, or none. */
export function WavesChoice({
  request,
  defaults,
  set,
}: {
  request: Request;
  defaults: NonNullable<DefaultsFragment['waves']>;
  set: (change: Partial<Request>) => void;
}) {
  const { t, f } = useWords();
  const own = wavesOf(request);
  const rows = own ?? writtenWaves(defaults);
  const write = (waves: readonly Wave[]) => set({ waves: waves.length ? waves.map(writeWave) : [NO_WAVES] });
  const change = (at: number, next: Partial<Wave>) => write(rows.map((wave, index) => (index === at ? { ...wave, ...next } : wave)));
  return (
    <fieldset className="wavechoice">
      <legend>{t.waves}</legend>
      <span className="faint">{rows.length ? t.wavesHint : t.oneWave}</span>
      {rows.map(({ upTo, failures, soak, pause }, at) => (
        <div key={at} className="row">
          <label className="inline">
            {t.waveUpTo(f.number(at + 1))}
            <input value={upTo} size={6} onChange={event => change(at, { upTo: event.target.value })} />
          </label>
          <label className="inline">
            {t.waveFailures}
            <input value={failures} size={4} onChange={event => change(at, { failures: event.target.value })} />
          </label>
          <label className="inline">
            {t.waveSoak}
            <input value={soak} size={6} placeholder="10m" onChange={event => change(at, { soak: event.target.value })} />
          </label>
          <label className="check">
            <input type="checkbox" checked={pause} onChange={event => change(at, { pause: event.target.checked })} />
            {t.thenPauses}
          </label>
          <button type="button" aria-label={`${t.remove} ${t.wave(f.number(at + 1))}`} onClick={() => write(rows.filter((_, index) => index !== at))}>
            ✕
          </button>
        </div>
      ))}
      <div className="row">
        {rows.length < MOST_WAVES && (
          <button
            type="button"
            onClick={() => write(rows.length ? [...rows.slice(0, -1), { upTo: '50%', failures: '', soak: '', pause: false }, ...rows.slice(-1)] : FIRST_WAVES)}
          >
            {rows.length ? t.addWave : t.useWaves}
          </button>
        )}
        {own && (
          <button type="button" onClick={() => set({ waves: [] })}>
            {defaults.length ? t.wavesOfService : t.oneWave}
          </button>
        )}
        {!own && defaults.length > 0 && <span className="faint">{t.wavesAreOfService}</span>}
      </div>
    </fieldset>
  );
}
