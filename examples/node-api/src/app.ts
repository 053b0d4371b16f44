import path from 'node:path';
import compression from 'compression';
import express, { type ErrorRequestHandler, type Express } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { Catalogue } from './catalogue.js';
import type { Config } from './config.js';
import type { OpeningHours } from './hours.js';
import { metrics } from './metrics.js';
import { api } from './routes/api.js';
import { pages } from './routes/pages.js';

export interface Parts {
  config: Config;
  catalogue: Catalogue;
  hours: OpeningHours;
  log: Logger;
  version: string;
}

/** The application, without a listening socket. Views and public files come from the working directory. */
export function createApp({ config, catalogue, hours, log, version }: Parts): Express {
  const app = express();
  app.set('view engine', 'ejs');
  app.set('views', path.resolve('views'));
  app.disable('x-powered-by');

  const { registry, middleware } = metrics();
  app.use(middleware, helmet(), compression());
  app.use('/public', express.static(path.resolve('public'), { maxAge: '1h' }));
  app.use('/api', api(catalogue, hours));
  app.use('/', pages(catalogue, config.libraryName));

  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok', books: catalogue.size });
  });
  app.get('/version', (_req, res) => {
    res.json({ version, environment: config.environment });
  });
  app.get('/metrics', async (_req, res) => {
    res.type(registry.contentType).send(await registry.metrics());
  });

  app.use((req, res) => {
    res.status(404).render('error', { libraryName: config.libraryName, message: `No page ${req.path}` });
  });
  const onError: ErrorRequestHandler = (err, _req, res, next) => {
    if (res.headersSent) {
      next(err);
      return;
    }
    const status = typeof err.status === 'number' ? err.status : 500;
    if (status >= 500) log.error({ err }, 'request failed');
    res.status(status).json({ error: status < 500 ? err.message : 'internal error' });
  };
  app.use(onError);
  return app;
}
