import { Chunk, Context, Effect, Layer, Ref } from "effect"

/** A call to one of the fakes. */
export interface LoggedCall {
  /** The tag's short name, e.g. `BeadsCli`. */
  readonly service: string
  readonly method: string
  readonly args: ReadonlyArray<unknown>
}

/**
 * The calls of all fakes in one order, for tests of the order between services. (Each fake's state lists only its own
 * calls.) A fake writes to this log if the test provides it.
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
