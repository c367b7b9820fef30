// As much of SVG as the plots need, in few bytes: coordinates are whole, and curves a chain of small steps.

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text) => String(text).replace(/[&<>"]/g, (c) => escapes[c]);

/** An element; children are texts of elements, made by this or by `text`. */
export function element(name, attributes = {}, ...children) {
  const words = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  const open = `<${name}${words.join('')}`;
  return children.length === 0 ? `${open}/>` : `${open}>${children.join('')}</${name}>`;
}

export const text = (x, y, words, attributes = {}) =>
  element('text', { x, y, ...attributes }, escaped(words));

export const line = (x1, y1, x2, y2, attributes = {}) =>
  element('path', { d: `M${x1} ${y1}L${x2} ${y2}`, ...attributes });

// "3 -2" and "3-2" are the same to SVG.
const pair = (x, y) => `${x}${y < 0 ? '' : ' '}${y}`;

/** The `d` of a path through points [x, y]; where one is null there is a gap. Points on a level are left out. */
export function curve(points) {
  let d = '';
  let last;
  const rounded = points.map((point) => point?.map(Math.round));
  rounded.forEach((point, i) => {
    if (!point) {
      last = undefined;
      return;
    }
    const [before, after] = [rounded[i - 1], rounded[i + 1]];
    if (before && after && before[1] === point[1] && after[1] === point[1]) return;
    d += last ? `l${pair(point[0] - last[0], point[1] - last[1])}` : `M${pair(...point)}`;
    last = point;
  });
  return d;
}

/** The `d` of a path that keeps to a value until the next one is given: [x, y] at each change, and where it ends. */
export function staircase(changes, end) {
  let d = '';
  let drawing = false;
  changes.forEach(([x, y], i) => {
    const until = Math.round(i + 1 < changes.length ? changes[i + 1][0] : end);
    if (y !== null) d += `${drawing ? 'V' : `M${Math.round(x)} `}${Math.round(y)}H${until}`;
    drawing = y !== null;
  });
  return d;
}

/** The whole file; its title is what it says to those who do not see it. */
export function image(width, height, title, ...children) {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
  };
  return `${element('svg', attributes, element('title', {}, escaped(title)), ...children)}\n`;
}
