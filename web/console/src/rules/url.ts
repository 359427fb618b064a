// Filters and choices that live in the address: each has a name, a kind and a value that is left out.

export type Field<T> = { read: (text: string | null) => T; write: (value: T) => string | null };
export type Fields<S> = { [K in keyof S]: Field<S[K]> };

/** A text; empty is left out. */
export const text = (): Field<string> => ({ read: value => value ?? '', write: value => value || null });

/** One of these words; the first is left out, and stands for every word that is none of them. */
export const oneOf = <T extends string>(...words: [T, ...T[]]): Field<T> => ({
  read: value => words.find(word => word === value) ?? words[0],
  write: value => (value === words[0] ? null : value),
});

/** Several texts, with commas between. */
export const list = (): Field<string[]> => ({
  read: value => [...new Set((value ?? '').split(',').filter(Boolean))],
  write: value => (value.length ? value.join(',') : null),
});

/** The same, where order and repetition count. */
export const sequence = (): Field<string[]> => ({
  read: value => (value ?? '').split(',').filter(Boolean),
  write: list().write,
});

/** What the part of an address behind `?` says. What it does not say, and what makes no sense, has its default. */
export function readState<S extends object>(fields: Fields<S>, search: string): S {
  const parameters = new URLSearchParams(search);
  const entries = Object.entries(fields) as [keyof S & string, Field<S[keyof S]>][];
  return Object.fromEntries(entries.map(([name, field]) => [name, field.read(parameters.get(name))])) as S;
}

/** The part behind `?` for a state, without what has its default, and always in the same order. Parameters of others stay. */
export function writeState<S extends object>(fields: Fields<S>, state: S, search: string): string {
  const parameters = new URLSearchParams(search);
  const entries = Object.entries(fields) as [keyof S & string, Field<S[keyof S]>][];
  for (const [name, field] of entries) {
    const value = field.write(state[name]);
    parameters.delete(name);
    if (value !== null) {
      parameters.set(name, value);
    }
  }
  return parameters.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
}

/** A part of an address. */
export const part = (name: string): string => encodeURIComponent(name);
