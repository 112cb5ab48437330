import type { ClientStreamCall } from "./call-types.ts";

/** Sends all messages and resolves with the answer. What the other side refuses meanwhile is thrown at once. */
export async function sendAll<I, O>(call: ClientStreamCall<I, O>, messages: AsyncIterable<I>): Promise<O> {
  let isAnswered = false;
  const answer = call.response.finally(() => {
    isAnswered = true;
  });
  answer.catch(() => {});
  try {
    for await (const message of messages) {
      if (isAnswered) break;
      await call.send(message);
    }
    call.end();
  } catch (error) {
    // The call's own fault says more than that nothing can be sent any more.
    if (isAnswered) return await answer;
    throw error;
  }
  return await answer;
}
