import { schemaToday } from './codecs/evolution.js';
import { checkOptions, MemoirError, show } from './errors.js';
import { Engine } from './projections/engine.js';
import { inSlices } from './projections/slices.js';
import { Loaded, type LoadPlan } from './projections/snapshot-load.js';
import { sliceOf } from './projections/snapshot.js';
import { SnapshotImage, type VerifiedSnapshot } from './projections/verified-snapshot.js';
import { platform } from './platform.js';
import type { StoreParts } from './store-parts.js';
import { buildStale } from './txn/build-stale.js';
import type { RestoreOptions } from './txn/contract.js';
import { withoutOthers } from './txn/sequence-names.js';
import { forgetLost, refuseStale } from './txn/stale-projections.js';
import type { LedgerStart } from './txn/ledger.js';

// What stores have in common that put a snapshot in the place of their state, wherever their log is.

/** The state of a snapshot, on its way into a store. */
export class Restoring {
  readonly #parts: StoreParts;
  readonly #image: SnapshotImage;
  readonly #options: RestoreOptions;
  #loaded: Loaded | undefined;

  private constructor(parts: StoreParts, image: SnapshotImage, loaded: Loaded | undefined, options: RestoreOptions) {
    this.#parts = parts;
    this.#image = image;
    this.#loaded = loaded;
    this.#options = options;
  }

  /**
   * Verifies what is to be restored, and loads it beside what the store has, in slices; the store goes on.
   *
   * @param builds whether the store can have projections built: not where a log is to have what there is
   */
  static async of(
    parts: StoreParts,
    given: Uint8Array | VerifiedSnapshot,
    options: RestoreOptions,
    builds = false,
  ): Promise<Restoring> {
    parts.streams.guard();
    checkOptions('restore', options, ['codec', 'sliceMs', 'lineage', ...(builds ? ['projections'] : [])]);
    const { lineage: _, projections, ...reading } = options;
    if (![undefined, 'build'].includes(projections))
      throw new MemoirError('OptionInvalid', `projections is ${show(projections)}: use 'build', or leave it out`);
    sliceOf(reading);
    if (given instanceof SnapshotImage) return new Restoring(parts, given, undefined, options);
    const { codec } = parts.settings;
    const { engine, plan } = groundOf(parts, options);
    const { image, loaded } = await Loaded.verified(given as Uint8Array, { codec, ...reading }, engine, plan);
    await mend(loaded, parts, options);
    parts.streams.guard();
    return new Restoring(parts, image, loaded, options);
  }

  get offset(): number {
    return this.#image.offset;
  }

  /** The id of the log that it was made from. */
  get origin(): string {
    return this.#image.lineage;
  }

  /** What the log is called from then on: another log, unless it goes on with this one. Once all is loaded. */
  get lineage(): string {
    const { log } = this.#parts;
    const { lineage: given } = this.#options;
    if (typeof given === 'function') return named(given(this.#image, this.#loaded?.remembered.at(-1) as never));
    const goesOn = this.#image.lineage === log.lineage && this.#image.offset >= log.head;
    return given ?? (goesOn ? log.lineage : platform.lineage());
  }

  /**
   * Acts on what was loaded beside the store, at once when the store is known to be defined as that is: a table or an
   * index that came or went meanwhile is to be in what is restored, too. @throws (rejects) `ProjectionStale` where a
   * projection was built anew meanwhile
   */
  async whenLoaded<A>(act: (loaded: Loaded) => A): Promise<Awaited<A>> {
    for (;;) {
      const loaded = this.#loaded;
      if (loaded !== undefined && this.#parts.engine.isDefinedAs(loaded.engine)) {
        refuseStaleIn(loaded, this.#parts);
        return await act(loaded);
      }
      await this.load();
    }
  }

  /** Loads it beside what the store has, in slices, as that is defined now; not again, where that is as before. */
  async load(): Promise<void> {
    const { engine: present, streams } = this.#parts;
    if (this.#loaded === undefined || !present.isDefinedAs(this.#loaded.engine)) {
      const { engine, plan } = groundOf(this.#parts, this.#options);
      const loaded = await Loaded.inSlices(this.#image, engine, plan);
      await mend(loaded, this.#parts, this.#options);
      this.#loaded = loaded;
    }
    streams.guard();
  }
}

/** An engine without rows, as the store is defined now, and how it is filled. */
function groundOf(
  { engine: present, settings }: StoreParts,
  options: RestoreOptions,
): { readonly engine: Engine; readonly plan: LoadPlan } {
  const { development, filterRows, events, migrate, stateHash } = settings;
  const { definitions, version } = present;
  const today = schemaToday({ definitions, events, migrate });
  const engine = new Engine(definitions, filterRows, version);
  return { engine, plan: { development, stateHash, sliceMs: sliceOf(options), turns: platform, today } };
}

/** Refuses projections that the state has as other versions made them; or builds them, where that is asked for. */
async function mend(loaded: Loaded, parts: StoreParts, options: RestoreOptions): Promise<void> {
  const { projector, settings } = parts;
  if (loaded.head === 0) return;
  forgetLost(loaded, settings.projections);
  if (options.projections === undefined) return refuseStaleIn(loaded, parts);
  const definitions = projector?.definitions ?? [];
  // Tables of those that are gone are not loaded. Were their versions kept, code that has them would not build them.
  loaded.sequences = withoutOthers(loaded.sequences, definitions);
  for await (const _ of inSlices(buildStale(loaded, definitions, settings), sliceOf(options), platform));
}

/** By the projections as the log has them: what is on its way there is given up when a state is restored. */
function refuseStaleIn({ head, sequences }: Loaded, { projector, log }: StoreParts): void {
  if (head > 0) refuseStale(projector?.definitionsAt(log.head) ?? [], sequences);
}

function named(lineage: unknown): string {
  if (typeof lineage === 'string' && lineage !== '') return lineage;
  throw new MemoirError('OptionInvalid', `the lineage of the snapshot is ${show(lineage)}: give a string, not empty`);
}

/** A state on its way into a store: what `Loaded` has. */
export type Adopted = Pick<Loaded, 'engine' | 'head' | 'at'> & LedgerStart;

/** Puts a state in the place of what a store has, and tells everyone. */
export function adopt(parts: StoreParts, state: Adopted, lineage: string): void {
  const { transactor, engine, log, horizon, ledgers, feed, projector } = parts;
  transactor.refuseNesting();
  projector?.goBack(log.head);
  engine.adopt(state.engine);
  log.reset(lineage, { head: state.head, lastAt: state.at });
  horizon.reset();
  for (const ledger of ledgers) ledger.reset(state);
  feed.reset();
  horizon.advance();
}
