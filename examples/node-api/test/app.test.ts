import { pino } from 'pino';
import request from 'supertest';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Express } from 'express';
import { createApp } from '../src/app.js';
import { Catalogue } from '../src/catalogue.js';
import { readConfig } from '../src/config.js';
import { OpeningHours } from '../src/hours.js';

let app: Express;

beforeEach(async () => {
  const config = readConfig({ LIBRARY_NAME: 'Test & Co', NODE_ENV: 'test' });
  app = createApp({
    config,
    catalogue: await Catalogue.load('data'),
    hours: await OpeningHours.load('data'),
    log: pino({ level: 'silent' }),
    version: '9.9.9',
  });
});

describe('pages', () => {
  it.each([
    ['/', 200, 'Rachel Carson'],
    ['/?shelf=fiction', 200, 'Le città invisibili'],
    ['/books/the-sea-around-us', 200, '<strong>literature</strong>'],
    ['/books/none', 404, 'No page /books/none'],
    ['/feed.xml', 200, '<title>Test &amp; Co</title>'],
    ['/public/style.css', 200, 'Georgia'],
  ])('GET %s', async (path, status, text) => {
    const res = await request(app).get(path).responseType('blob');
    expect(res.status).toBe(status);
    expect(String(res.body)).toContain(text);
  });
});

describe('api', () => {
  const book = { id: 'dune', title: 'Dune', author: 'Frank Herbert', year: 1965, shelf: 'fiction' };

  it('adds a book once', async () => {
    const res = await request(app).post('/api/books').send(book);
    expect(res.status).toBe(201);
    expect(res.headers.location).toBe('/api/books/dune');
    expect((await request(app).post('/api/books').send(book)).status).toBe(409);
    expect((await request(app).get('/api/books/dune')).body.title).toBe('Dune');
  });

  it('says what is wrong with a book', async () => {
    const res = await request(app).post('/api/books').send({ ...book, year: 12 });
    expect(res.status).toBe(422);
    expect(res.body.error[0]).toMatch(/^year:/);
  });

  it('refuses broken JSON', async () => {
    const res = await request(app).post('/api/books').type('json').send('{');
    expect(res.status).toBe(400);
  });

  it('searches', async () => {
    const res = await request(app).get('/api/search').query({ q: 'venice' });
    expect(res.body).toHaveLength(1);
  });

  it('knows when it is open', async () => {
    const res = await request(app).get('/api/hours').query({ at: '2025-01-15T12:00:00Z' });
    expect(res.body).toEqual({ open: true, local: '2025-01-15T13:00:00+01:00', closes: '21:00' });
    expect((await request(app).get('/api/hours').query({ at: 'soon' })).status).toBe(400);
  });
});

describe('operations', () => {
  it('is healthy', async () => {
    expect((await request(app).get('/healthz')).body).toEqual({ status: 'ok', books: 4 });
    expect((await request(app).get('/version')).body).toEqual({ version: '9.9.9', environment: 'test' });
  });

  it('counts requests by route', async () => {
    await request(app).get('/api/books/none');
    const res = await request(app).get('/metrics');
    expect(res.text).toContain('reading_room_requests_total{route="/api/books/:id",status="404"} 1');
  });
});
