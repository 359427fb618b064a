import { Component, type ReactNode, Suspense, lazy, useEffect, useState } from 'react';
import { Provider } from 'urql';
import { Route, Switch } from 'wouter';
import type { CombinedError } from 'urql';
import { client } from '../api/client.ts';
import { restart, start } from '../api/live.ts';
import { signIn, useSession } from '../api/session.ts';
import { useWords } from '../i18n/language.tsx';
import { Empty, Failure, Skeleton } from '../ui/parts.tsx';
import { Shell } from './Shell.tsx';
import { EndedDialog, SignIn, TokenChoice } from './SignIn.tsx';

const Overview = lazy(() => import('../overview/Overview.tsx'));
const Service = lazy(() => import('../service/Service.tsx'));
const Dialogue = lazy(() => import('../dialogue/Dialogue.tsx'));
const Release = lazy(() => import('../release/Release.tsx'));
const Hosts = lazy(() => import('../hosts/Hosts.tsx'));
const Host = lazy(() => import('../hosts/Host.tsx'));
const Holds = lazy(() => import('../holds/Holds.tsx'));
const System = lazy(() => import('../system/System.tsx'));

/** The console: the pages for those with a token, and a form for all others. */
export function App() {
  const { token, brought, ended, viewer, number } = useSession();
  const [error, setError] = useState<CombinedError | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [begun, setBegun] = useState(false);
  useEffect(() => {
    if (!token || brought) {
      return;
    }
    setError(null);
    (begun ? restart() : start()).then(
      () => setBegun(true),
      (error: CombinedError) => setError(error),
    );
    // A token that takes the place of one that ended goes on with what is there.
  }, [token, brought, number, attempt]);

  if (brought && token) {
    return <TokenChoice token={token} brought={brought} onChoice={signIn} />;
  }
  if (!token || (ended && !begun)) {
    return <SignIn refused={ended} />;
  }
  if (error && !ended) {
    return (
      <main className="alone">
        <Failure error={error} again={() => setAttempt(attempt => attempt + 1)} />
      </main>
    );
  }
  if (!begun && !viewer) {
    return <Skeleton />;
  }
  return (
    <Provider value={client}>
      <Shell>
        <Caught>
          <Suspense fallback={<Skeleton />}>
            <Switch>
              <Route path="/">
                <Overview />
              </Route>
              <Route path="/s/:service">{({ service }) => <Service key={service} name={named(service)} />}</Route>
              <Route path="/s/:service/release">{({ service }) => <Dialogue key={service} service={named(service)} />}</Route>
              <Route path="/r/:release">{({ release }) => <Release key={release} id={named(release)} />}</Route>
              <Route path="/hosts">
                <Hosts />
              </Route>
              <Route path="/hosts/:host">{({ host }) => <Host key={host} hostname={named(host)} />}</Route>
              <Route path="/holds">
                <Holds />
              </Route>
              <Route path="/system">
                <System />
              </Route>
              <Route>
                <Nowhere />
              </Route>
            </Switch>
          </Suspense>
        </Caught>
      </Shell>
      {ended && <EndedDialog />}
    </Provider>
  );
}

/** A part of an address as it was meant, even if it was written wrongly. */
function named(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function Nowhere() {
  const { t } = useWords();
  return <Empty>{t.nothingHere}</Empty>;
}

/** A page that cannot be shown says so, and the others can still be reached. */
class Caught extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <Broken /> : this.props.children;
  }
}

function Broken() {
  const { t } = useWords();
  return (
    <div className="failure" role="alert">
      <p>{t.broken}</p>
      <button onClick={() => location.reload()}>{t.reload}</button>
    </div>
  );
}
