import { goText } from "./values.ts";

/** Wider is a mistake, or an attack on our memory. */
const WIDTH_MAX = 1_000;

/** Go's printf: %s %v %d %q %t %x %X %o %b %c %e %f %g %%, with flags, width and precision. */
export function printf(format: string, args: readonly unknown[]): string {
  let next = 0;
  const text = format.replace(
    /%([-+ 0#]*)(\d*)(?:\.(\d*))?([\s\S]?)/gu,
    (_whole, flags: string, width: string, precision: string | undefined, verb: string) => {
      if (verb === "%") return "%";
      if (verb === "") return "%!(NOVERB)";
      if (next >= args.length) return `%!${verb}(MISSING)`;
      const value = args[next++];
      const digits = precision === undefined ? null : Math.min(Number(precision || 0), WIDTH_MAX);
      const plain = formatted(verb, value, digits);
      if (plain === null) return `%!${verb}(${goText(value)})`;
      const signed = flags.includes("+") && typeof value === "number" && value >= 0 ? `+${plain}` : plain;
      return padded(signed, Math.min(Number(width || 0), WIDTH_MAX), flags, typeof value === "number");
    },
  );
  return next < args.length ? `${text}%!(EXTRA ${args.slice(next).map(goText).join(", ")})` : text;
}

function formatted(verb: string, value: unknown, precision: number | null): string | null {
  switch (verb) {
    case "v":
      return goText(value);
    case "s":
      return precision === null ? goText(value) : [...goText(value)].slice(0, precision).join("");
    case "q":
      return typeof value === "string" ? JSON.stringify(value) : null;
    case "t":
      return typeof value === "boolean" ? String(value) : null;
    default:
      return typeof value === "number" ? numberText(verb, value, precision) : textInHex(verb, value);
  }
}

function numberText(verb: string, value: number, precision: number | null): string | null {
  const places = Math.min(precision ?? 6, 100);
  switch (verb) {
    case "f":
    case "F":
      return value.toFixed(places);
    case "e":
      return value.toExponential(places);
    case "g":
      return String(value);
  }
  if (!Number.isInteger(value)) return null;
  switch (verb) {
    case "d":
      return String(value);
    case "x":
      return value.toString(16);
    case "X":
      return value.toString(16).toUpperCase();
    case "o":
      return value.toString(8);
    case "b":
      return value.toString(2);
    case "c":
      return value >= 0 && value <= 0x10ffff ? String.fromCodePoint(value) : "\ufffd";
    default:
      return null;
  }
}

function textInHex(verb: string, value: unknown): string | null {
  if (typeof value !== "string" || (verb !== "x" && verb !== "X")) return null;
  const hex = Buffer.from(value).toString("hex");
  return verb === "x" ? hex : hex.toUpperCase();
}

function padded(text: string, width: number, flags: string, isNumber: boolean): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes("-")) return text + " ".repeat(missing);
  if (!flags.includes("0") || !isNumber) return " ".repeat(missing) + text;
  const sign = /^[-+]/.exec(text)?.[0] ?? "";
  return sign + "0".repeat(missing) + text.slice(sign.length);
}
