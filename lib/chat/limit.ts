/**
 * So much work at once and no more.
 *
 * @module
 */

/**
 * Makes a gate that lets work through in the order in which it came, as much at once as there are places.
 *
 * @param places how much may run at once, at least 1.
 * @returns runs work as soon as a place is free; gives what the work gives, and throws what it throws.
 */
export function limiter(places: number): <T>(work: () => Promise<T>) => Promise<T> {
  if (!Number.isInteger(places) || places < 1) {
    throw new RangeError(`Cannot limit work: places must be an integer from 1, got ${places}`);
  }
  const waiting: (() => void)[] = [];
  let free = places;
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((enter) => waiting.push(enter));
    try {
      return await work();
    } finally {
      const next = waiting.shift(); // a place is handed on, so that nobody who comes now can slip in between
      if (next) next();
      else free++;
    }
  };
}
