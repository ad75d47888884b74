import { Chunk, Context, Effect, Layer, Ref } from "effect"

/** One call of any fake. */
export interface LoggedCall {
  /** The tag's short name, e.g. `BeadsCli`. */
  readonly service: string
  readonly method: string
  readonly args: ReadonlyArray<unknown>
}

/**
 * The calls of all fakes in one order. Each fake remembers its own; this is for tests of the order between services.
 * Fakes that are built below this layer write to it, others do not need it.
 *
 * @example
 * const layer = Layer.mergeAll(FakeBeads.layer(), FakeRunner.layer()).pipe(Layer.provideMerge(CallLog.layer))
 * const log = Effect.flatMap(CallLog, (log) => log.calls) // [{ service: "BeadsCli", method: "claim", … }, …]
 */
export class CallLog extends Context.Tag("nightly-dispatch/testing/CallLog")<
  CallLog,
  {
    readonly calls: Effect.Effect<ReadonlyArray<LoggedCall>>
    readonly record: (call: LoggedCall) => Effect.Effect<void>
  }
>() {
  static readonly layer: Layer.Layer<CallLog> = Layer.effect(
    CallLog,
    Effect.map(Ref.make(Chunk.empty<LoggedCall>()), (log) => ({
      calls: Effect.map(Ref.get(log), Chunk.toReadonlyArray),
      record: (call: LoggedCall) => Ref.update(log, Chunk.append(call))
    }))
  )
}
