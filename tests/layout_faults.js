/**
 * What is wrong with the layout of the page in which this runs, a sentence each: the page scrolls sideways, a figure's text stands
 * outside it, or two of its texts collide. The value of the last expression is what the test gets.
 */
(() => {
  /** The corners of a text as it stands on the screen, turned or not, without what is empty above its first line and below its last. */
  const cornersOf = (text) => {
    const { x, y, width, height } = text.getBBox();
    const empty = parseFloat(getComputedStyle(text).fontSize) / 4;
    const [top, bottom] = [y + empty, y + height - empty];
    const matrix = text.getScreenCTM();
    return [[x, top], [x + width, top], [x + width, bottom], [x, bottom]]
      .map(([x, y]) => new DOMPoint(x, y).matrixTransform(matrix));
  };

  /** Whether two rectangles are apart in the direction of a side. */
  const areApartAlong = (from, to, a, b) => {
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const [ofA, ofB] = [a, b].map((all) => all.map(({ x, y }) => x * dx + y * dy));
    return Math.max(...ofA) <= Math.min(...ofB) || Math.max(...ofB) <= Math.min(...ofA);
  };

  /** Two rectangles are apart if they are in the direction of any side. */
  const areApart = (a, b) =>
    [a, b].some((of) => areApartAlong(of[0], of[1], a, b) || areApartAlong(of[1], of[2], a, b));

  const faultsOf = (svg) => {
    const frame = svg.getBoundingClientRect();
    const figure = svg.closest("section")?.querySelector("h2").id;
    const texts = [...svg.querySelectorAll("text")]
      .filter((text) => text.textContent.trim() !== "" && getComputedStyle(text).opacity !== "0")
      .map((text) => ({ text: text.textContent, at: cornersOf(text) }));
    const isInside = ({ x, y }) =>
      x > frame.left - 1 && x < frame.right + 1 && y > frame.top - 1 && y < frame.bottom + 1;
    const outside = texts.filter(({ at }) => !at.every(isInside))
      .map(({ text }) => `${figure}: "${text}" stands outside the figure`);
    const collisions = texts.flatMap(({ text, at }, i) =>
      texts.slice(i + 1).filter((other) => !areApart(at, other.at))
        .map((other) => `${figure}: "${text}" and "${other.text}" collide`)
    );
    return [...outside, ...collisions];
  };

  const { scrollWidth, clientWidth } = document.documentElement;
  const sideways = scrollWidth > clientWidth
    ? [`the page is ${scrollWidth} pixels wide in a window of ${clientWidth}`]
    : [];
  return [...sideways, ...[...document.querySelectorAll("svg")].flatMap(faultsOf)];
})();
