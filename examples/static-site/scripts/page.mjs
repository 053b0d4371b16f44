import { load } from 'js-yaml';
import { marked } from 'marked';

// A page is a block of YAML between lines of dashes, and Markdown.
export function parsePage(source) {
  const [, head, text] = source.match(/^---\n(.*?)\n---\n(.*)$/s) ?? [null, 'title: untitled', source];
  return { ...load(head), text: text.trim() };
}

export function renderPage(page, pages) {
  const links = pages.map((p) => `<li><a href="/${p.name}">${p.title}</a></li>`).join('');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${page.title} · Field guide</title>
<link rel="stylesheet" href="/assets/site.css"><script defer src="/assets/search.js"></script></head>
<body><nav><ul>${links}</ul><input id="search" placeholder="Search"><ol id="hits"></ol></nav>
<main><h1>${page.title}</h1>${marked.parse(page.text)}</main></body></html>
`;
}
