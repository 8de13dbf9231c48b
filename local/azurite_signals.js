// Loaded before Azurite (node --require), to let it end well and soon.
"use strict";

const http = require("http");

const servers = [];

// Azurite listens once for each signal, from when it has started, and then falls to a second one before it has written
// its files. A dying parent sends several: Linux repeats the parent-death signal for each of its threads.
let closing = false;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    if (closing) return;
    if (process.listenerCount(signal) > 1) {
      closing = true;
      setInterval(closeIdleConnections, 20).unref();
    } else if (servers.some((server) => server.listening)) {
      setTimeout(() => process.kill(process.pid, signal), 20); // Azurite's own listener is about to come
    } else {
      process.exit(); // nobody can have stored anything yet
    }
  });
}

// A client that keeps its idle connection open would hold up the end for as long as it likes.
const createServer = http.createServer;
http.createServer = (...options) => {
  servers.push(createServer(...options));
  return servers.at(-1);
};
function closeIdleConnections() {
  for (const server of servers) server.closeIdleConnections();
}
