/**
 * The largest message either side accepts. A proposal is at most 1.5 MiB and a snapshot chunk 1 MiB, but lists of
 * thousands of tasks and full assignments of big nodes are one message each.
 */
export const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
