import { expect, it } from 'vitest';
import { readConfig } from '../src/config.js';

it('has defaults', () => {
  expect(readConfig({ LIBRARY_NAME: 'L' })).toMatchObject({ port: 3000, environment: 'development' });
});

it('names every problem', () => {
  expect(() => readConfig({ PORT: 'x' })).toThrow(/PORT: .*; LIBRARY_NAME: /);
});
