import { rank } from './rank.js';

const hits = document.getElementById('hits');
let pages;
document.getElementById('search').addEventListener('input', async (event) => {
  pages ??= await (await fetch('/search.json')).json();
  hits.replaceChildren(...rank(pages, event.target.value).map((page) => {
    const item = document.createElement('li');
    item.innerHTML = `<a href="/${page.name}">${page.title}</a>`;
    return item;
  }));
});
