/**
 * How many short programs of the OCI runtime a host runs at once, for each of its processors: one that computes while
 * another waits for the kernel to make or take away namespaces. More would finish no sooner, and whatever else wants
 * a processor would wait behind all of them.
 */
const PLACES_PER_CPU = 2;
/** So many even where one processor is all there is: their waiting for the kernel overlaps. */
const PLACES_MIN = 2;
/** Beyond that the kernel does them one after the other, since they take the same few locks. */
const PLACES_MAX = 32;

/** Places for programs that make, start and take away containers. `cpus` as in HostCapacity: 0 = not known. */
export function programPlaces(cpus: number): number {
  return Math.min(PLACES_MAX, Math.max(PLACES_MIN, cpus * PLACES_PER_CPU));
}
