// Reads the results of tests in JUnit's XML, as Node.js, Bun and Deno write it.

const CASE = /<testcase\b([^>]*?)(?:\/>|>([^]*?)<\/testcase>)/g;

// Returns each test with its name, its outcome (`passed`, `failed` or `skipped`), and the reason of a skip.
export function readResults(xml) {
  return Array.from(xml.matchAll(CASE), ([, attributes, inside = '']) => {
    const name = attribute(attributes, 'name');
    const skipped = inside.match(/<skipped\b([^>]*)>/);
    if (skipped) return { name, outcome: 'skipped', reason: attribute(skipped[1], 'message') || 'no reason given' };
    return { name, outcome: /<(failure|error)\b/.test(inside) ? 'failed' : 'passed' };
  });
}

function attribute(text, name) {
  const value = text.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1] ?? '';
  return value.replace(/&(#x?[0-9a-f]+|\w+);/gi, (whole, entity) => {
    if (entity.startsWith('#x')) return String.fromCodePoint(Number.parseInt(entity.slice(2), 16));
    if (entity.startsWith('#')) return String.fromCodePoint(Number(entity.slice(1)));
    return ENTITIES[entity] ?? whole;
  });
}

const ENTITIES = { amp: '&', apos: "'", gt: '>', lt: '<', quot: '"' };
