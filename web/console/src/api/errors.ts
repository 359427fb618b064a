import type { CombinedError } from 'urql';

/** What the server says of an error, for programs: its code, which is stable, and the id of the request. */
export function facts(error: CombinedError): { code: string; requestId: string | undefined } {
  const extensions = error.graphQLErrors?.[0]?.extensions ?? {};
  const response = error.response as Response | undefined;
  return {
    code: String(extensions.code ?? (error.networkError ? 'NETWORK' : '')),
    requestId: (extensions.requestId as string | undefined) ?? response?.headers?.get('x-request-id') ?? undefined,
  };
}

/** Whether an error says that what was asked for does not exist. */
export function isNotFound(error: unknown): boolean {
  const errors = (error as CombinedError | null)?.graphQLErrors ?? [];
  return errors.length > 0 && errors.every(({ extensions }) => extensions.reason === 'NOT_FOUND');
}
