/** What measured.ts prints: milliseconds of each time that something was done. */
export interface NetworkKernelSamples {
  readonly attach: readonly number[];
  readonly detach: readonly number[];
  readonly change: readonly number[];
  readonly look: readonly number[];
  readonly fullLook: readonly number[];
  readonly rest: readonly number[];
}
