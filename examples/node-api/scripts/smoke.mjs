// Asks a running service what readers would: node scripts/smoke.mjs [URL].
// Without an argument the address comes from CAREEN_URL.
import assert from 'node:assert/strict';

const base = process.argv[2] ?? process.env.CAREEN_URL ?? 'http://127.0.0.1:3000';
let passed = 0;

async function check(name, path, options, verify) {
  const res = await fetch(base + path, { signal: AbortSignal.timeout(10_000), ...options });
  const text = await res.text();
  try {
    verify(res, text);
  } catch (err) {
    console.error(`FAIL ${name}: ${err.message}\n${text}`);
    process.exit(1);
  }
  passed++;
  console.log(`ok   ${name}`);
}

const is = (status, part) => (res, text) => {
  assert.equal(res.status, status);
  assert.ok(text.includes(part), `no ${part} in the answer`);
};
const post = (body) => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
const book = { id: `smoke-${process.pid}`, title: 'Smoke', author: 'A. Tester', year: 2024, shelf: 'tests' };

await check('health', '/healthz', {}, is(200, '"ok"'));
await check('index', '/', {}, is(200, 'Rachel Carson'));
await check('library name', '/', {}, is(200, 'City Reading Room'));
await check('book page', '/books/the-sea-around-us', {}, is(200, '<strong>literature</strong>'));
await check('missing page', '/nowhere', {}, is(404, 'No page /nowhere'));
await check('feed', '/feed.xml', {}, is(200, '<feed'));
await check('stylesheet', '/public/style.css', {}, is(200, 'Georgia'));
await check('script', '/public/client.js', {}, is(200, 'addEventListener'));
await check('production', '/version', {}, is(200, '"production"'));
await check('add', '/api/books', post(book), is(201, book.id));
await check('add again', '/api/books', post(book), is(409, 'exists already'));
await check('broken book', '/api/books', post({ id: 'x' }), is(422, 'title'));
await check('search', '/api/search?q=citta', {}, is(200, 'Calvino'));
await check('summer time', '/api/hours?at=2025-07-15T07:00:00Z', {}, is(200, '"open":true'));
await check('metrics', '/metrics', {}, is(200, 'reading_room_requests_total'));
console.log(`${passed} passed`);
