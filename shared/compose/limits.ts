/**
 * What a Compose file may cost. Files come from anywhere, and a few lines of them can stand for any amount of data.
 */

/** Characters of one file; the largest real ones have some ten thousand lines. */
export const FILE_CHARACTERS_MAX = 4 * 1024 * 1024;

/** Files that one project may be read from, those of `include`, `extends` and `env_file` counted. */
export const FILES_MAX = 500;

/** How deep files may include each other. */
export const INCLUDE_DEPTH_MAX = 20;

/** Values of one file, aliases counted as often as they are used: what nested anchors multiply. */
export const VALUES_MAX = 100_000;

/** Characters of these values: what a long text behind an anchor multiplies. */
export const VALUE_CHARACTERS_OF_FILE_MAX = 16 * 1024 * 1024;

/** Levels of values inside each other; a stack file has about eight. */
export const NESTING_MAX = 64;

/** Characters of one value after its variables were filled in: what long variables multiply. */
export const VALUE_CHARACTERS_MAX = 1024 * 1024;

/** Characters of all values of one file after that. */
export const FILLED_CHARACTERS_MAX = 16 * 1024 * 1024;

/** `${A:-${B:-...}}` inside each other. */
export const SUBSTITUTION_DEPTH_MAX = 50;

/** Ports that the ranges of one file may stand for. */
export const RANGE_PORTS_MAX = 10_000;

/** Services that may extend each other in a row. */
export const EXTENDS_DEPTH_MAX = 50;
