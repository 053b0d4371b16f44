import { describe, expect, it } from 'vitest';
import { OpeningHours } from '../src/hours.js';

describe('opening hours', () => {
  it.each([
    ['2025-01-14T08:00:00Z', true, '2025-01-14T09:00:00+01:00'], // Tuesday, winter time
    ['2025-07-15T07:00:00Z', true, '2025-07-15T09:00:00+02:00'], // Tuesday, summer time
    ['2025-01-14T07:59:00Z', false, '2025-01-14T08:59:00+01:00'],
    ['2025-01-18T10:00:00Z', false, '2025-01-18T11:00:00+01:00'], // Saturday
  ])('%s', async (at, open, local) => {
    const hours = await OpeningHours.load('data');
    expect(hours.at(new Date(at))).toMatchObject({ open, local });
  });
});
