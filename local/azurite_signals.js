// Loaded before Azurite (node --require). Azurite listens once for each signal and then falls to a second one before it
// has written its files. A dying parent sends several: Linux repeats the parent-death signal for each of its threads.
"use strict";

let closing = false;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    // Alone here, this listener came before Azurite's own: it is still starting and has nothing to write.
    if (!closing && process.listenerCount(signal) === 1) process.exit();
    closing = true;
  });
}
