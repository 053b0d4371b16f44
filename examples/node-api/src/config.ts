import { z } from 'zod';

const schema = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  PORT: z.coerce.number().int().min(0).max(65535).default(3000),
  HOST: z.string().default('0.0.0.0'),
  LIBRARY_NAME: z.string().min(1),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  DATA_DIR: z.string().default('data'),
});

export interface Config {
  environment: string;
  port: number;
  host: string;
  libraryName: string;
  logLevel: string;
  dataDir: string;
}

/** Reads the settings from the environment; throws with one line per problem. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const result = schema.safeParse(env);
  if (!result.success) {
    const problems = result.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`);
    throw new Error(`configuration: ${problems.join('; ')}`);
  }
  const e = result.data;
  return {
    environment: e.NODE_ENV,
    port: e.PORT,
    host: e.HOST,
    libraryName: e.LIBRARY_NAME,
    logLevel: e.LOG_LEVEL,
    dataDir: e.DATA_DIR,
  };
}
