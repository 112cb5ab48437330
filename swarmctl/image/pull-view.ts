import type { LayerProgress, PullProgress } from "../../shared/rpc/gen/images.ts";
import type { Output } from "../cli.ts";
import { decimalSize } from "../format/size.ts";
import { ellipsis } from "../format/table.ts";
import { shortImageId } from "./row.ts";

const BAR_CHARACTERS = 30;
const WORDS = {
  WAITING: "Waiting",
  DOWNLOADING: "Downloading",
  DOWNLOADED: "Download complete",
  EXTRACTING: "Extracting",
  DONE: "Pull complete",
  EXISTS: "Already exists",
} as const satisfies Record<LayerProgress["state"], string>;

/** Shows a pull layer by layer: redrawn for a person, a line for each change of state elsewhere. */
export class PullView {
  readonly #output: Output;
  readonly #told = new Map<string, string>();
  #drawn = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  show(progress: PullProgress): void {
    if (this.#output.isTerminal) this.#redraw(progress);
    else this.#tell(progress);
  }

  #redraw({ layers, isWhole, bytesSoFar }: PullProgress): void {
    const lines = isWhole ? layers.map(layerLine) : bytesSoFar === 0 ? [] : [`${decimalSize(bytesSoFar)} so far`];
    if (isWhole) lines.push(totalLine(layers));
    const width = Math.max(1, this.#output.columns - 1);
    const cut = lines.filter((line) => line !== "").map((line) => ellipsis(line, width));
    this.#output.redraw(this.#drawn, cut);
    this.#drawn = cut.length;
  }

  #tell({ layers }: PullProgress): void {
    for (const { digest, state } of layers) {
      if (this.#told.get(digest) === state || state === "WAITING" || state === "EXTRACTING") continue;
      // How far a download is changes all the time; that it has begun is enough for a log.
      this.#told.set(digest, state);
      this.#output.line(`${shortImageId(digest)}: ${WORDS[state]}`);
    }
  }
}

function layerLine({ digest, state, current, total }: LayerProgress): string {
  const line = `${shortImageId(digest)}: ${WORDS[state]}`;
  if (state !== "DOWNLOADING" || total === 0) return line;
  const part = Math.min(1, current / total);
  const filled = Math.floor(part * BAR_CHARACTERS);
  const bar = `${"=".repeat(filled)}>${" ".repeat(BAR_CHARACTERS - filled)}`;
  return `${line} [${bar}] ${Math.floor(part * 100)} %  ${decimalSize(current)}/${decimalSize(total)}`;
}

function totalLine(layers: readonly LayerProgress[]): string {
  const fetched = layers.filter(({ state }) => state !== "EXISTS");
  const total = fetched.reduce((sum, layer) => sum + layer.total, 0);
  const current = fetched.reduce((sum, layer) => sum + layer.current, 0);
  if (total === 0 || current >= total) return "";
  return `${Math.floor((100 * current) / total)} %, ${decimalSize(current)} of ${decimalSize(total)}`;
}
