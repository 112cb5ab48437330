/** What building a spec needs from the outside world. */
export interface SpecWorld {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly absolute: (path: string) => string;
  readonly readTextFile: (path: string) => string;
  /** Networks by name, in small letters; specs hold their ids. Absent = the managers look names up. */
  readonly networkIds?: ReadonlyMap<string, string>;
}
