import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePage, renderPage } from './page.mjs';

test('reads the head of a page', () => {
  const page = parsePage('---\ntitle: Gulls\n---\n# White\n');
  assert.equal(page.title, 'Gulls');
  assert.equal(page.text, '# White');
});

test('a page without a head has a title', () => assert.equal(parsePage('text').title, 'untitled'));

test('links every page', () => {
  const page = { name: 'a', ...parsePage('---\ntitle: A\n---\n*b*') };
  assert.match(renderPage(page, [page]), /<a href="\/a">A<\/a>.*<em>b<\/em>/s);
});
