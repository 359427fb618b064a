import { GraphiQL } from 'graphiql';
import { useEffect, useMemo, useState } from 'react';
import { examples } from './examples';
import { createFetcher } from './fetcher';
import { type Candidate, type Viewer, look } from './fleet';
import { Header } from './Header';
import { forgetToken, keepToken, readTokens } from '../../common/token';
import { TokenChoice } from './TokenChoice';
import { TokenForm } from './TokenForm';

/** GraphiQL for users with a valid token, and a form for all others. */
export function Page() {
  const [{ token, brought }, setTokens] = useState(readTokens);
  const [problem, setProblem] = useState<string | null>(null);
  const [found, setFound] = useState<Awaited<ReturnType<typeof look>> | null>(null);

  const forget = (reason: string | null) => {
    forgetToken();
    setTokens({ token: null, brought: null });
    setProblem(reason);
  };
  const use = (chosen: string) => {
    keepToken(chosen);
    setTokens({ token: chosen, brought: null });
  };
  useEffect(() => {
    // A link that is opened in a tab that has the page already.
    const read = () => setTokens(readTokens());
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, []);
  useEffect(() => {
    let current = true;
    setFound(null);
    if (token) {
      look(token).then(
        found => current && setFound(found),
        (error: Error) => current && forget(error.message),
      );
    }
    return () => {
      current = false;
    };
  }, [token]);

  if (token && brought) {
    return <TokenChoice token={token} brought={brought} onChoice={use} />;
  }
  if (!token) {
    return <TokenForm problem={problem} onToken={use} />;
  }
  return found && <Playground key={token} token={token} {...found} onForget={() => forget(null)} />;
}

interface PlaygroundProps {
  token: string;
  viewer: Viewer;
  candidate: Candidate | undefined;
  onForget: () => void;
}

function Playground({ token, viewer, candidate, onForget }: PlaygroundProps) {
  const fetcher = useMemo(() => createFetcher(token), [token]);
  const tabs = useMemo(() => examples(candidate), [candidate]);
  return (
    <GraphiQL
      fetcher={fetcher}
      defaultTabs={tabs}
      defaultEditorToolsVisibility="variables"
      // The token is the only header that the server reads.
      isHeadersEditorEnabled={false}
      showPersistHeadersSettings={false}
    >
      <GraphiQL.Logo>
        <Header viewer={viewer} examples={tabs} onForget={onForget} />
      </GraphiQL.Logo>
    </GraphiQL>
  );
}
