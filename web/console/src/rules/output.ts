// The window of output that a page keeps: the lines around what one looks at, never all of them.

export interface Line {
  cursor: string;
  targetId: string;
  hostname: string;
  stream: 'STDOUT' | 'STDERR' | 'SYSTEM';
  text: string;
  at: string;
}

/** So many lines are kept; what is beyond them is read again when one scrolls there. */
export const MOST_LINES = 20_000;

export class OutputWindow {
  lines: readonly Line[] = [];
  /** Whether there are lines before the first one, or after the last one, that are not here. */
  before = false;
  after = false;
  private readonly known = new Set<string>();

  constructor(private readonly most = MOST_LINES) {}

  /** Adds lines at the end; each cursor once. Returns whether older ones were given up for them. */
  append(added: readonly Line[]): boolean {
    const lines = [...this.lines, ...this.unknown(added)];
    const over = Math.max(0, lines.length - this.most);
    this.lines = this.without(lines, lines.slice(0, over));
    this.before ||= over > 0;
    return over > 0;
  }

  /** Adds lines at the beginning; each cursor once. Returns how many, so that what is looked at can stay where it is. */
  prepend(added: readonly Line[]): number {
    const fresh = this.unknown(added);
    const lines = [...fresh, ...this.lines];
    const dropped = lines.slice(this.most);
    this.lines = this.without(lines, dropped);
    this.after ||= dropped.length > 0;
    return fresh.length;
  }

  private unknown(lines: readonly Line[]): Line[] {
    const fresh = lines.filter(({ cursor }) => !this.known.has(cursor));
    fresh.forEach(({ cursor }) => this.known.add(cursor));
    return fresh;
  }

  private without(lines: readonly Line[], dropped: readonly Line[]): readonly Line[] {
    dropped.forEach(({ cursor }) => this.known.delete(cursor));
    const gone = new Set(dropped);
    return dropped.length ? lines.filter(line => !gone.has(line)) : lines;
  }
}

/** Colors and the like, which terminals understand. */
const STYLES = /\u001b\[[0-9;:]*m/g;
/** Other characters that cannot be seen, and those that change the order of what is read. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** A line as it is shown: without colors, and with a sign for each character that would be invisible. */
export function visible(text: string): string {
  return text.replace(STYLES, '').replace(UNSEEN, char => {
    const code = char.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
  });
}

/** So much of a line is in the list; all of it is shown when it is chosen. */
const SHOWN_CHARS = 400;

/** The beginning of a line, for a list. */
export function beginning(text: string): string {
  return text.length > SHOWN_CHARS ? `${visible(text.slice(0, SHOWN_CHARS))} …` : visible(text);
}

/** The lines of a stream that contain a text, in letters of any size; all if neither is given. */
export function matching(lines: readonly Line[], { stream, find }: { stream: '' | Line['stream']; find: string }): readonly Line[] {
  const text = find.toLowerCase();
  return stream || text
    ? lines.filter(line => (!stream || line.stream === stream) && (!text || line.text.toLowerCase().includes(text)))
    : lines;
}
