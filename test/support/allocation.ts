import { AllocationBook } from "../../manager/allocator/allocation-book.ts";
import type { AllocationPlan } from "../../manager/allocator/allocation-plan.ts";
import { type AllocatorMemory, decideAllocation } from "../../manager/allocator/decide-allocation.ts";
import type { ReadView } from "../../manager/store/store-types.ts";

/** The allocator's decision on a view alone, by a book made from nothing. */
export function allocateOnce(
  view: ReadView,
  memory: AllocatorMemory,
  changesMax: number,
): AllocationPlan & { readonly isPartial: boolean; readonly isWaiting: boolean } {
  const book = AllocationBook.of(view);
  const plan = decideAllocation(view, book, memory, { changesMax, looksMax: Number.POSITIVE_INFINITY });
  return { ...plan, isPartial: !book.agenda.isEmpty, isWaiting: !book.waiting.isEmpty };
}
