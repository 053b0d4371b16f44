// Turns pages/*.md into dist/, with the scripts and styles bundled.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { parsePage, renderPage } from './page.mjs';

const out = 'dist';
rmSync(out, { recursive: true, force: true });
mkdirSync(`${out}/assets`, { recursive: true });

const pages = readdirSync('pages').filter((f) => f.endsWith('.md')).sort()
  .map((file) => ({ name: file.replace(/\.md$/, ''), ...parsePage(readFileSync(`pages/${file}`, 'utf8')) }));
for (const page of pages) {
  writeFileSync(`${out}/${page.name}.html`, renderPage(page, pages));
}
writeFileSync(`${out}/search.json`, JSON.stringify(pages.map((p) => ({ name: p.name, title: p.title, text: p.text }))));
for (const file of readdirSync('public')) copyFileSync(`public/${file}`, `${out}/${file}`);

await build({
  entryPoints: ['assets/search.js', 'assets/site.css'],
  bundle: true, minify: true, sourcemap: true, target: 'es2020', outdir: `${out}/assets`,
});
console.log(`${pages.length} pages`);
