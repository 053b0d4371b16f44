// Pages that hold every word, those with a word in the title first.
export function rank(pages, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const score = (page) => words.filter((w) => page.title.toLowerCase().includes(w)).length;
  const all = (page) => words.every((w) => `${page.title} ${page.text}`.toLowerCase().includes(w));
  return words.length === 0 ? [] : pages.filter(all).sort((a, b) => score(b) - score(a));
}
