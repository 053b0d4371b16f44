/** Filters the list of books while the reader types; bundled by esbuild. */
const input = document.querySelector<HTMLInputElement>('#filter');
const rows = [...document.querySelectorAll<HTMLElement>('[data-book]')];

function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

input?.addEventListener('input', () => {
  const words = fold(input.value).split(/\s+/).filter(Boolean);
  for (const row of rows) {
    const text = fold(row.textContent ?? '');
    row.hidden = !words.every((w) => text.includes(w));
  }
});
