import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

export const bookSchema = z.object({
  id: z.string().regex(/^[a-z0-9-]+$/),
  title: z.string().min(1),
  author: z.string().min(1),
  year: z.number().int().min(1450).max(2100),
  shelf: z.string().min(1),
  note: z.string().default(''),
});

export type Book = z.infer<typeof bookSchema>;

export class DuplicateError extends Error {}

/** The library's books, in memory; the file is only what it starts with. */
export class Catalogue {
  private readonly books = new Map<string, Book>();

  constructor(books: Iterable<Book>) {
    for (const book of books) this.add(book);
  }

  static async load(dataDir: string): Promise<Catalogue> {
    const text = await readFile(path.join(dataDir, 'books.yaml'), 'utf8');
    return new Catalogue(z.array(bookSchema).parse(parse(text)));
  }

  get size(): number {
    return this.books.size;
  }

  add(book: Book): void {
    if (this.books.has(book.id)) throw new DuplicateError(`${book.id} exists already`);
    this.books.set(book.id, book);
  }

  get(id: string): Book | undefined {
    return this.books.get(id);
  }

  /** Books on a shelf, or all, by author and year. */
  list(shelf?: string): Book[] {
    return [...this.books.values()]
      .filter((b) => shelf === undefined || b.shelf === shelf)
      .sort((a, b) => compare(a.author, b.author) || a.year - b.year);
  }

  /** Books that hold every word of the query in title, author or note. */
  search(query: string): Book[] {
    const words = fold(query).split(/\s+/).filter(Boolean);
    if (words.length === 0) return [];
    return this.list().filter((b) => {
      const text = fold(`${b.title} ${b.author} ${b.note}`);
      return words.every((w) => text.includes(w));
    });
  }

  shelves(): { name: string; count: number }[] {
    const counts = new Map<string, number>();
    for (const b of this.books.values()) counts.set(b.shelf, (counts.get(b.shelf) ?? 0) + 1);
    return [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => compare(a.name, b.name));
  }
}

const collator = new Intl.Collator('de');

function compare(a: string, b: string): number {
  return collator.compare(a, b);
}

/** Lower case without accents, so that "citta" finds "città". */
function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
