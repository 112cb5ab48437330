/** What building a spec needs of the world outside. */
export interface SpecWorld {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly absolute: (path: string) => string;
  readonly readTextFile: (path: string) => string;
}
