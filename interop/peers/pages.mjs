// Looks at a page as people do: does anything run out of the window, do texts overlap, can they be read?
//
// `pages.py` runs `problems` in each page, and prints what it returns.
function problems(width, isDark) {
  const found = new Set();
  const short = (text) => JSON.stringify(text.trim().replace(/\s+/g, " ").slice(0, 40));
  const common = (a, b) => ({
    left: Math.max(a.left, b.left),
    top: Math.max(a.top, b.top),
    right: Math.min(a.right, b.right),
    bottom: Math.min(a.bottom, b.bottom),
  });
  const { scrollWidth } = document.documentElement;
  // A phone shows a page that is too wide in a smaller scale, so its window's own width is no measure.
  if (scrollWidth > width) found.add(`the page is ${scrollWidth} wide, and its window ${width}`);

  // What scrolls within its own box is as wide as the box.
  const clips = (element) => /auto|scroll|hidden|clip/.test(getComputedStyle(element).overflowX);
  const visible = (rect, element) => {
    let box = common(rect, rect);
    for (let at = element; at && at !== document.documentElement; at = at.parentElement) {
      if (clips(at)) box = common(box, at.getBoundingClientRect());
    }
    return box;
  };
  const isEmpty = ({ left, top, right, bottom }) => right - left < 1 || bottom - top < 1;
  const isOutside = ({ left, right }) => left < -0.5 || right > width + 0.5;
  for (const element of document.body.querySelectorAll("*")) {
    const box = visible(element.getBoundingClientRect(), element.parentElement);
    if (element.checkVisibility() && !isEmpty(box) && isOutside(box)) {
      found.add(`<${element.localName} class="${element.className}"> runs out of the window`);
    }
  }

  const texts = [];
  const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (nodes.nextNode()) {
    const { currentNode: node } = nodes;
    const element = node.parentElement;
    if (!node.data.trim() || element.closest("script, style, option") || !element.checkVisibility()) continue;
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      const box = visible(rect, element);
      if (!isEmpty(box)) texts.push({ ...box, node, element });
    }
  }
  if (texts.length === 0) found.add("the page has no text");
  texts.sort((a, b) => a.top - b.top);
  texts.forEach((text, index) => {
    for (const other of texts.slice(index + 1)) {
      if (other.top >= text.bottom) break;
      const both = common(text, other);
      // The boxes of lines may touch where the letters don't.
      const height = Math.min(text.bottom - text.top, other.bottom - other.top);
      if (other.node !== text.node && both.right - both.left > 1 && both.bottom - both.top > height / 3) {
        found.add(`${short(text.node.data)} and ${short(other.node.data)} overlap`);
      }
    }
  });

  // The contrast of WCAG 2, which asks for 4.5.
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const background = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [red, green, blue, alpha = 1] = channels(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return [red, green, blue];
    }
    return [255, 255, 255];
  };
  const luminance = (rgb) => {
    const [red, green, blue] = rgb.map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  for (const element of new Set(texts.map((text) => text.element))) {
    const [low, high] = [channels(getComputedStyle(element).color).slice(0, 3), background(element)]
      .map(luminance)
      .sort((a, b) => a - b);
    const contrast = (high + 0.05) / (low + 0.05);
    if (contrast < 4.5) found.add(`${short(element.textContent)} has a contrast of ${contrast.toFixed(1)}`);
  }
  if (luminance(background(document.body)) < 0.2 !== isDark) found.add(`the page is not ${isDark ? "dark" : "light"}`);
  return [...found];
}
