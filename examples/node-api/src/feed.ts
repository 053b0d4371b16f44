import type { Book } from './catalogue.js';

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (c) => entities[c] ?? c);
}

/** An Atom feed of books. */
export function feed(title: string, books: Book[]): string {
  const entries = books.map(
    (b) => `  <entry>
    <id>urn:book:${escape(b.id)}</id>
    <title>${escape(b.title)}</title>
    <author><name>${escape(b.author)}</name></author>
    <updated>${b.year}-01-01T00:00:00Z</updated>
  </entry>`,
  );
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <title>${escape(title)}</title>
${entries.join('\n')}
</feed>
`;
}
