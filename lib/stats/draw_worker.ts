/** The thread behind `draw_ahead.ts`. It draws until it is ended. @module */
import { drawInto } from "./draw.ts";
import { BEGUN, DRAWN, type DrawRequest, OVER, TAKEN } from "./draw_ahead.ts";

addEventListener("message", (event) => {
  const { control, places, starts, state } = (event as MessageEvent<DrawRequest>).data;
  const own = new Uint8Array(starts.at(-1)!); // a twelfth faster to draw into than shared memory, to copy takes less
  Atomics.store(control, BEGUN, 1);
  Atomics.notify(control, BEGUN);
  for (let drawn = 0;; drawn++) {
    // a place is free when the resample that it held was taken
    let taken = Atomics.load(control, TAKEN);
    while (taken !== OVER && drawn - taken >= places.length) {
      Atomics.wait(control, TAKEN, taken);
      taken = Atomics.load(control, TAKEN);
    }
    if (taken === OVER) return;
    drawInto(own, starts, state);
    places[drawn % places.length].set(own);
    Atomics.store(control, DRAWN, drawn + 1);
    Atomics.notify(control, DRAWN);
  }
});
