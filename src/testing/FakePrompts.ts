import { Clock, Context, Effect, Layer, Ref, type Scope } from "effect"
import type { PromptFailed } from "../domain/Failure.ts"
import type { Mark } from "../domain/Identity.ts"
import type { BeadsId } from "../domain/Ids.ts"
import { PromptFile } from "../domain/PromptFile.ts"
import { PromptStore, type ReleasedClaims, type SweepScope } from "../prompt/PromptStore.ts"
import { FAKE_MARK } from "./FakeJournal.ts"
import { faultsOf, makeControls, type FakeControls, type Fault } from "./faults.ts"

type Service = PromptStore["Type"]

/** A file in the fake store. */
export interface FakePrompt {
  readonly file: PromptFile
  readonly mark: Mark
  readonly text: string
  /** It was handed over to a job, in this run or an earlier one. */
  readonly kept: boolean
  /** Milliseconds since the epoch; 0 if an earlier run wrote it. */
  readonly writtenAt: number
}

/** What the fake holds and does at its beginning, and its faults. */
export interface FakePromptsScript {
  /** Files that earlier runs kept: text by issue, and whose they are (default: `FAKE_MARK`). */
  readonly kept?: ReadonlyArray<{ readonly id: BeadsId; readonly text: string; readonly mark?: Mark }>
  readonly faults?: ReadonlyArray<Fault<Service>>
}

/**
 * The fake prompt store seen from outside: the files that exist now, and the calls so far.
 *
 * @example
 * const state = yield* FakePromptsState
 * assert.isEmpty(yield* state.files) // nothing was left behind
 */
export class FakePromptsState extends Context.Tag("nightly-dispatch/testing/FakePromptsState")<
  FakePromptsState,
  FakeControls<Service> & {
    readonly files: Effect.Effect<ReadonlyArray<FakePrompt>>
    /** Removes a file as another program would, without the store. */
    readonly remove: (path: string) => Effect.Effect<void>
  }
>() {}

/**
 * Faults before a call does anything, and after it has done everything: see `faultsOf`.
 *
 * @example
 * FakePrompts.on("write", "bd-1").delays("5 seconds")
 */
export const { after, on } = faultsOf<Service>()

interface Files {
  readonly byPath: ReadonlyMap<string, FakePrompt>
  readonly written: number
}

const add = (
  files: Files,
  beads: BeadsId,
  mark: Mark,
  text: string,
  kept: boolean,
  writtenAt = 0
): [PromptFile, Files] => {
  const written = files.written + 1
  const file = new PromptFile({ beads, path: `/fake/prompts/nightly-dispatch-${beads}.${written}.prompt` })
  return [file, { written, byPath: new Map(files.byPath).set(file.path, { file, mark, text, kept, writtenAt }) }]
}

const isReleased = ({ file, writtenAt }: FakePrompt, { beads, before }: ReleasedClaims): boolean =>
  beads.has(file.beads) && writtenAt <= before

const without = (files: Files, path: string): Files => ({
  ...files,
  byPath: new Map([...files.byPath].filter(([key]) => key !== path))
})

/**
 * Prompt files in memory. Closing the scope removes a file unless it was kept; `sweep` removes it when its job has ended.
 *
 * @example
 * const prompts = FakePrompts.layer({ faults: [FakePrompts.on("write", "bd-1").dies(new Error("killed"))] })
 */
export const layer = (script: FakePromptsScript = {}): Layer.Layer<PromptStore | FakePromptsState> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const nothing: Files = { byPath: new Map(), written: 0 }
      const store = yield* Ref.make(
        (script.kept ?? []).reduce(
          (files, { id, mark = FAKE_MARK, text }) => add(files, id, mark, text, true)[1],
          nothing
        )
      )
      const { call, controls } = yield* makeControls<Service>("PromptStore", script.faults)

      const files = Effect.map(Ref.get(store), ({ byPath }) => [...byPath.values()])
      const remove = (path: string) => Ref.update(store, (all) => without(all, path))

      const write = (id: BeadsId, mark: Mark, text: string): Effect.Effect<PromptFile, never, Scope.Scope> =>
        Effect.acquireRelease(
          Effect.flatMap(Clock.currentTimeMillis, (now) =>
            Ref.modify(store, (all) => add(all, id, mark, text, false, now))
          ),
          ({ path }) => Ref.update(store, (all) => (all.byPath.get(path)?.kept === true ? all : without(all, path)))
        )
      const keep = ({ path }: PromptFile) =>
        Ref.update(store, (all) => {
          const prompt = all.byPath.get(path)
          return prompt === undefined
            ? all
            : { ...all, byPath: new Map(all.byPath).set(path, { ...prompt, kept: true }) }
        })
      const sweep = <E, R>(
        isFinished: (id: BeadsId) => Effect.Effect<boolean, E, R>,
        { isOwn, released = { beads: new Set(), before: 0 } }: SweepScope
      ): Effect.Effect<ReadonlyArray<PromptFile>, PromptFailed, R> =>
        files.pipe(
          Effect.map((all) =>
            all
              .filter((prompt) => isOwn(prompt.mark) && (prompt.kept || isReleased(prompt, released)))
              .map(({ file }) => file)
          ),
          Effect.flatMap(Effect.filter((file) => isFinished(file.beads).pipe(Effect.orElseSucceed(() => false)))),
          Effect.tap(Effect.forEach((file) => remove(file.path)))
        )

      const service: Service = {
        write: (id, mark, text) => write(id, mark, text).pipe(call("write", id, [id, mark, text])),
        keep: (file) => keep(file).pipe(call("keep", file.beads, [file])),
        sweep: (isFinished, scope) => sweep(isFinished, scope).pipe(call("sweep", undefined, [isFinished, scope]))
      }
      return Context.make(PromptStore, service).pipe(Context.add(FakePromptsState, { ...controls, files, remove }))
    })
  )
