import { Router, json } from 'express';
import { bookSchema, type Catalogue, DuplicateError } from '../catalogue.js';
import type { OpeningHours } from '../hours.js';

/** The JSON API under /api. */
export function api(catalogue: Catalogue, hours: OpeningHours): Router {
  const router = Router();
  router.use(json({ limit: '32kb' }));

  router.get('/books', (req, res) => {
    const shelf = typeof req.query.shelf === 'string' ? req.query.shelf : undefined;
    res.json(catalogue.list(shelf));
  });

  router.get('/books/:id', (req, res) => {
    const book = catalogue.get(req.params.id);
    if (!book) {
      res.status(404).json({ error: `no book ${req.params.id}` });
      return;
    }
    res.json(book);
  });

  router.post('/books', (req, res) => {
    const parsed = bookSchema.safeParse(req.body);
    if (!parsed.success) {
      res.status(422).json({ error: parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`) });
      return;
    }
    try {
      catalogue.add(parsed.data);
    } catch (err) {
      if (!(err instanceof DuplicateError)) throw err;
      res.status(409).json({ error: err.message });
      return;
    }
    res.status(201).location(`/api/books/${parsed.data.id}`).json(parsed.data);
  });

  router.get('/search', (req, res) => {
    res.json(catalogue.search(String(req.query.q ?? '')));
  });

  router.get('/shelves', (_req, res) => {
    res.json(catalogue.shelves());
  });

  router.get('/hours', (req, res) => {
    const at = req.query.at === undefined ? new Date() : new Date(String(req.query.at));
    if (Number.isNaN(at.getTime())) {
      res.status(400).json({ error: 'at: not a date' });
      return;
    }
    res.json(hours.at(at));
  });

  return router;
}
