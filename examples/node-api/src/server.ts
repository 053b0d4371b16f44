import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { pino } from 'pino';
import { createApp } from './app.js';
import { Catalogue } from './catalogue.js';
import { readConfig } from './config.js';
import { OpeningHours } from './hours.js';

const usage = `usage: node dist/server.js [--help | --version]

Serves the reading room. Settings come from the environment: PORT, HOST,
LIBRARY_NAME, LOG_LEVEL, DATA_DIR, NODE_ENV.`;

async function main(args: string[]): Promise<void> {
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  if (args.includes('--help')) {
    console.log(usage);
    return;
  }
  if (args.includes('--version')) {
    console.log(version);
    return;
  }
  const config = readConfig(process.env);
  const log = pino({ level: config.logLevel });
  const [catalogue, hours] = await Promise.all([Catalogue.load(config.dataDir), OpeningHours.load(config.dataDir)]);
  const server = createServer(createApp({ config, catalogue, hours, log, version }));
  server.listen(config.port, config.host, () => {
    log.info({ address: server.address(), environment: config.environment, version }, 'listening');
  });

  // Running requests finish; idle keep-alive connections do not hold us up.
  const stop = (signal: string) => {
    log.info({ signal }, 'shutting down');
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main(process.argv.slice(2)).catch((err: unknown) => {
  console.error(err instanceof Error ? err.message : err);
  process.exit(1);
});
