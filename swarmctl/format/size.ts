const STEP = 1_000;
const DIGITS = 3;

/** Bytes in decimal units with three digits, as Docker's tables show sizes: 142MB, 7.67kB, 0B. */
export function decimalSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = 0;
  while (value >= STEP && unit < units.length - 1) {
    value /= STEP;
    unit++;
  }
  return `${Number(value.toPrecision(DIGITS))}${units[unit]}`;
}
