import { beforeEach, describe, expect, it } from 'vitest';
import { Catalogue, DuplicateError } from '../src/catalogue.js';

describe('catalogue', () => {
  let catalogue: Catalogue;
  beforeEach(async () => {
    catalogue = await Catalogue.load('data');
  });

  it('sorts by author', () => {
    expect(catalogue.list().map((b) => b.author.split(' ').pop())).toEqual(['Sussman', 'Calvino', 'Carson', 'Kuhn']);
  });

  it('lists one shelf', () => {
    expect(catalogue.list('nature').map((b) => b.id)).toEqual(['the-sea-around-us']);
    expect(catalogue.list('cookery')).toEqual([]);
  });

  it.each([
    ['citta', ['invisible-cities']],
    ['STRUCTURE', ['structure-and-interpretation', 'structure-of-scientific-revolutions']],
    ['structure eval', ['structure-and-interpretation']],
    ['   ', []],
  ])('finds %j', (query, ids) => {
    expect(catalogue.search(query).map((b) => b.id)).toEqual(ids);
  });

  it('refuses a second book of the same id', () => {
    const book = catalogue.get('invisible-cities')!;
    expect(() => catalogue.add(book)).toThrow(DuplicateError);
  });

  it('counts shelves', () => {
    expect(catalogue.shelves()).toContainEqual({ name: 'fiction', count: 1 });
  });
});
