import type { LayerProgress, PullProgress } from "../../../shared/rpc/gen/images.ts";
import type { Blob } from "./manifest.ts";

/** A step that people can see; more would only make messages. */
const STEP_BYTES_MIN = 64 << 10;
const STEPS = 200;

/** How far the layers of one pull are; reports each visible step. */
export class ProgressBoard {
  readonly #image: string;
  readonly #layers: Map<string, LayerProgress>;
  readonly #report: (progress: PullProgress) => void;
  readonly #stepBytes: number;

  constructor(
    image: string,
    layers: readonly Blob[],
    known: ReadonlySet<string>,
    report: (progress: PullProgress) => void,
  ) {
    this.#image = image;
    this.#report = report;
    this.#layers = new Map(
      layers.map(({ digest, size }): [string, LayerProgress] => {
        const isKnown = known.has(digest);
        return [digest, { digest, total: size, current: isKnown ? size : 0, state: isKnown ? "EXISTS" : "WAITING" }];
      }),
    );
    const total = layers.reduce((sum, { size }) => sum + size, 0);
    this.#stepBytes = Math.max(STEP_BYTES_MIN, total / STEPS);
    this.#tell();
  }

  /** The configuration is no layer, and nothing is shown of it. */
  arrived(digest: string, bytes: number): void {
    const layer = this.#layers.get(digest);
    if (layer === undefined) return;
    const isVisible = layer.state === "WAITING" || Math.abs(bytes - layer.current) >= this.#stepBytes;
    if (isVisible) this.#change(digest, { state: "DOWNLOADING", current: Math.min(bytes, layer.total) });
  }

  whole(digest: string): void {
    const layer = this.#layers.get(digest);
    if (layer !== undefined) this.#change(digest, { state: "DOWNLOADED", current: layer.total });
  }

  unpacking(): void {
    this.#all("EXTRACTING");
  }

  done(): void {
    this.#all("DONE");
  }

  #all(state: LayerProgress["state"]): void {
    for (const [digest, layer] of this.#layers) {
      if (layer.state !== "EXISTS") this.#layers.set(digest, { ...layer, state });
    }
    this.#tell();
  }

  #change(digest: string, change: Partial<LayerProgress>): void {
    const layer = this.#layers.get(digest);
    if (layer === undefined) return;
    this.#layers.set(digest, { ...layer, ...change });
    this.#tell();
  }

  #tell(): void {
    this.#report({
      image: this.#image,
      layers: [...this.#layers.values()],
      isWhole: true,
      bytesSoFar: 0,
      result: null,
    });
  }
}
