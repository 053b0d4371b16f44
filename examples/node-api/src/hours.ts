import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { formatInTimeZone } from 'date-fns-tz';
import { parse } from 'yaml';
import { z } from 'zod';

const clock = z.string().regex(/^\d\d:\d\d$/);
const schema = z.object({
  zone: z.string(),
  weekly: z.record(z.string(), z.tuple([clock, clock])),
});

export interface Status {
  open: boolean;
  local: string;
  closes?: string;
}

/** When the library is open, in its own time zone. */
export class OpeningHours {
  constructor(
    readonly zone: string,
    private readonly weekly: Record<string, readonly [string, string]>,
  ) {}

  static async load(dataDir: string): Promise<OpeningHours> {
    const text = await readFile(path.join(dataDir, 'opening-hours.yaml'), 'utf8');
    const { zone, weekly } = schema.parse(parse(text));
    return new OpeningHours(zone, weekly);
  }

  at(instant: Date): Status {
    const day = formatInTimeZone(instant, this.zone, 'EEEE').toLowerCase();
    const time = formatInTimeZone(instant, this.zone, 'HH:mm');
    const local = formatInTimeZone(instant, this.zone, "yyyy-MM-dd'T'HH:mm:ssXXX");
    const hours = this.weekly[day];
    if (!hours || time < hours[0] || time >= hours[1]) return { open: false, local };
    return { open: true, local, closes: hours[1] };
  }
}
