import type { RequestHandler } from 'express';
import { Counter, Histogram, Registry } from 'prom-client';

/** Counts and times requests by route, so that ids do not become labels. */
export function metrics(): { registry: Registry; middleware: RequestHandler } {
  const registry = new Registry();
  const requests = new Counter({
    name: 'reading_room_requests_total',
    help: 'Requests by route and status.',
    labelNames: ['route', 'status'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'reading_room_request_seconds',
    help: 'Time to answer by route.',
    labelNames: ['route'],
    registers: [registry],
  });
  const middleware: RequestHandler = (req, res, next) => {
    const stop = seconds.startTimer();
    res.on('finish', () => {
      const route = req.route ? `${req.baseUrl}${req.route.path}` : 'other';
      requests.inc({ route, status: res.statusCode });
      stop({ route });
    });
    next();
  };
  return { registry, middleware };
}
