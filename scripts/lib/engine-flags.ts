/**
 * How V8 collects the daemon's garbage; for its launcher, and for what measures parts of the daemon.
 *
 * Every call over HTTP/2 leaves some kilobytes that outlive two collections of the young generation. With V8's own
 * settings the old one is then collected once or twice a second, and each young collection wakes helper threads that
 * spin on cores which other processes could use. Together that was a tenth to a sixth of what a busy manager computes
 * (docs/decisions/0010).
 */
export const ENGINE_FLAGS: readonly string[] = [
  // MiB; the first collection of the old generation waits for that much.
  "--initial-old-space-size=64",
  "--no-parallel-scavenge",
  // MiB; V8's own 16 cost a manager with 50 tasks 20 MB more. It may save up to a tenth of the time for a put.
  "--max-semi-space-size=8",
];

/**
 * Each thread gets an arena of its own from the C library's allocator, which keeps what is freed: with 12 threads 12
 * MB after some starts of 50 tasks. Two are one for the main thread and one for all others, which seldom meet. What the
 * daemon starts inherits it, which does no harm; containers do not.
 */
export const ALLOCATOR_ENVIRONMENT: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: "2" };
