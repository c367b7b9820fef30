import { curve, element, image, staircase, text } from './svg.mjs';

describe('an element', () => {
  it('has its attributes and children', () => {
    expect(element('g', { id: 'a' }, element('path', { d: 'M1 2' }))).toBe('<g id="a"><path d="M1 2"/></g>');
  });

  it('cannot be broken by what it says', () => {
    expect(text(1, 2, '5 < 6 & "7"')).toBe('<text x="1" y="2">5 &lt; 6 &amp; &quot;7&quot;</text>');
    expect(element('a', { b: '">' })).toBe('<a b="&quot;&gt;"/>');
  });
});

describe('a curve', () => {
  it('goes from point to point in whole steps', () => {
    expect(
      curve([
        [0.2, 10],
        [3.1, 7.6],
        [6, 9],
      ]),
    ).toBe('M0 10l3-2l3 1');
  });

  it('leaves out what lies on a level, and has the level’s ends', () => {
    const level = [0, 1, 2, 3, 4].map((x) => [x, 5]);
    expect(curve([...level, [5, 8]])).toBe('M0 5l4 0l1 3');
  });

  it('has a gap where there is no point', () => {
    expect(curve([[0, 1], [1, 2], null, [3, 4], [4, 4]])).toBe('M0 1l1 1M3 4l1 0');
    expect(curve([null, null])).toBe('');
  });
});

describe('a staircase', () => {
  it('keeps to a value until the next', () => {
    expect(
      staircase(
        [
          [0, 5],
          [10, 8],
        ],
        30,
      ),
    ).toBe('M0 5H10V8H30');
  });

  it('is interrupted where there is none', () => {
    expect(
      staircase(
        [
          [0, 5],
          [10, null],
          [20, 6],
        ],
        30,
      ),
    ).toBe('M0 5H10M20 6H30');
  });
});

test('an image says how large it is, and what it shows', () => {
  expect(image(20, 10, 'a & b', element('g'))).toBe(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10" width="20" height="10"><title>a &amp; b</title><g/></svg>\n',
  );
});
