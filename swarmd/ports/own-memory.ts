import { getHeapStatistics } from "node:v8";
import { measureMemory } from "node:vm";
import koffi from "koffi";

/** The memory of this process. */
export interface OwnMemory {
  /** What the engine's heap takes from the host, garbage included. */
  heapBytes(): number;
  /** Processor time of all threads since the start. */
  processorMs(): number;
  /** Collects garbage step by step, beside what else there is to do. Resolves when it has. */
  collect(): Promise<void>;
  /** Gives back to the host what the C library's allocator has free; takes milliseconds. */
  trim(): void;
}

const trim = koffi.load("libc.so.6").func("int malloc_trim(uintptr_t pad)") as (pad: number) => number;

export const systemOwnMemory: OwnMemory = {
  heapBytes: () => getHeapStatistics().total_heap_size,
  processorMs() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
  // To measure, the engine collects as it does by itself: it marks in small steps and on other threads. Its function
  // for collecting would stop everything for that long.
  async collect() {
    await measureMemory({ mode: "summary", execution: "eager" });
  },
  trim: () => void trim(0),
};
