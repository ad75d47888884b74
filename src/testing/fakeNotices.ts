import { Chunk, Clock, Effect, Ref } from "effect"
import type { JournalFailed } from "../domain/Failure.ts"
import type { Notice } from "../journal/Journal.ts"

/** A notice with when it was written down. */
export interface FakeNotice {
  readonly at: number
  readonly notice: Notice
}

/** The notices of a journal in memory. `written`: the notice as the real journal would store it. */
export const makeNotices = (written: (notice: Notice) => Effect.Effect<Notice, JournalFailed>) =>
  Effect.map(Ref.make(Chunk.empty<FakeNotice>()), (store) => ({
    all: Effect.map(Ref.get(store), (all) => Chunk.toReadonlyArray(all).map(({ notice }) => notice)),
    add: (given: Notice) =>
      Effect.flatMap(Effect.all([written(given), Clock.currentTimeMillis]), ([notice, at]) =>
        Ref.modify(store, (all) =>
          Chunk.some(all, ({ notice: { key } }) => key === given.key)
            ? [false, all]
            : [true, Chunk.append(all, { at, notice })]
        )
      ),
    select: (isWanted: (notice: FakeNotice) => boolean) =>
      Effect.map(Ref.get(store), (all) => Chunk.toReadonlyArray(all).filter(isWanted)),
    remove: (goes: (notice: FakeNotice) => boolean) =>
      Ref.update(
        store,
        Chunk.filter((each) => !goes(each))
      )
  }))
