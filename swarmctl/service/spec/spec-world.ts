/** What building a spec needs from the outside world. */
export interface SpecWorld {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly absolute: (path: string) => string;
  readonly readTextFile: (path: string) => string;
}
