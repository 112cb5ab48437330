/**
 * `node steady-client.ts RATE CONNECTIONS URL...`: asks the URLs in turn, RATE times a second, whether the last
 * answer has come or not, over kept connections, CONNECTIONS to each host at most. Says each failure at once, as a
 * line of JSON with its instant; ends with its standard input and says how many requests there were. A server may end
 * a kept connection at any time; a request that meets exactly that, without a byte of an answer, is asked once more
 * over a new connection, as every HTTP client does, and counted apart.
 */
import { Agent, get } from "node:http";

const [rate = "", connections = "", ...urls] = process.argv.slice(2);
const TICK_MS = 5;
/** Longer than any pause that a TCP retransmission mends. */
const ANSWER_MS_MAX = 10_000;

const kept = new Agent({ keepAlive: true, maxSockets: Number(connections), scheduling: "fifo" });
/** Connections that have carried a request. */
const used = new WeakSet<object>();
const count = { sent: 0, answered: 0, failed: 0, again: 0, slowestMs: 0 };

function ask(url: string, agent: Agent | false, sinceMs: number): void {
  // On a new connection, a kept one, or at the second attempt. Node's own `reusedSocket` does not tell of requests that
  // waited for a connection to be free.
  let on = agent === false ? "again" : "new";
  const failed = (reason: string): void => {
    count.failed++;
    const at = new Date().toISOString();
    console.log(JSON.stringify({ at, sentMsAgo: Math.round(performance.now() - sinceMs), url, on, reason }));
  };
  const request = get(url, { agent, timeout: ANSWER_MS_MAX }, (response) => {
    response.on("error", (error) => failed(`${error.message} in the answer`));
    response.resume().on("end", () => {
      count.slowestMs = Math.max(count.slowestMs, performance.now() - sinceMs);
      if (response.statusCode === 200) count.answered++;
      else failed(`status ${response.statusCode}`);
    });
  });
  request.on("socket", (socket) => {
    if (used.has(socket)) on = "kept";
    used.add(socket);
  });
  request.on("timeout", () => request.destroy(new Error(`no answer in ${ANSWER_MS_MAX} ms`)));
  request.on("error", (error: NodeJS.ErrnoException) => {
    const isEnded = on === "kept" && (error.code === "ECONNRESET" || error.code === "EPIPE");
    if (!isEnded) return failed(`${error.code ?? ""} ${error.message}`);
    count.again++;
    ask(url, false, sinceMs);
  });
}

const startedMs = performance.now();
const timer = setInterval(() => {
  const due = Math.floor(((performance.now() - startedMs) * Number(rate)) / 1_000);
  while (count.sent < due) {
    ask(urls[count.sent % urls.length] ?? "", kept, performance.now());
    count.sent++;
  }
}, TICK_MS);
process.stdin.resume().on("end", () => {
  clearInterval(timer);
  const last = setInterval(() => {
    if (count.answered + count.failed < count.sent) return;
    clearInterval(last);
    console.log(JSON.stringify(count));
    process.exit(0);
  }, TICK_MS);
});
