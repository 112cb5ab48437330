import { Semaphore } from "../../shared/semaphore.ts";

/**
 * Threads that wait for the kernel at a time. They are those that do Node's file work, four in all, most of which must
 * stay free for that; and what is waited for is mostly one lock of the whole machine.
 */
const WAITING_MAX = 2;

const places = new Semaphore(WAITING_MAX);
const NEVER_ABORTED = new AbortController().signal;

/**
 * Carries out a system call on another thread that may wait for the kernel: for the lock of all network devices while
 * another namespace is being taken away, or until every processor has passed a point. On the main thread nobody would
 * be heard for 10 ms, and for 100 and more where many containers come and go. In turn where many are asked for.
 */
export async function waitAside<T>(call: () => Promise<T>): Promise<T> {
  using _place = await places.take(NEVER_ABORTED);
  return await call();
}
