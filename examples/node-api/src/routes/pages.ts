import { Router } from 'express';
import { marked } from 'marked';
import type { Catalogue } from '../catalogue.js';
import { feed } from '../feed.js';

/** The HTML pages and the feed. */
export function pages(catalogue: Catalogue, libraryName: string): Router {
  const router = Router();

  router.get('/', (req, res) => {
    const shelf = typeof req.query.shelf === 'string' ? req.query.shelf : undefined;
    res.render('index', { libraryName, shelf, books: catalogue.list(shelf), shelves: catalogue.shelves() });
  });

  router.get('/books/:id', async (req, res, next) => {
    const book = catalogue.get(req.params.id);
    if (!book) {
      next();
      return;
    }
    res.render('book', { libraryName, book, note: await marked.parse(book.note) });
  });

  router.get('/feed.xml', (_req, res) => {
    res.type('application/atom+xml').send(feed(libraryName, catalogue.list()));
  });

  return router;
}
